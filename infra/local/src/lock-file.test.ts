import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { LockedError, takeLock } from './lock-file.ts'
import { identifyProcess, isRunning } from './process-identity.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lexchange-lock-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('takeLock', () => {
  it('refuses a lock that a running process holds, and names it', () => {
    const lock = takeLock(join(folder, 'held'))
    expect(() => takeLock(join(folder, 'held'))).toThrow(LockedError)
    expect(() => takeLock(join(folder, 'held'))).toThrow(`${process.pid}`)
    lock.release()
    takeLock(join(folder, 'held')).release()
    expect(existsSync(join(folder, 'held'))).toBe(false)
  })

  it('takes over the lock of a process that was killed', async () => {
    const child = spawn('sleep', ['60'])
    const identity = identifyProcess(child.pid ?? 0)
    writeFileSync(join(folder, 'stale'), JSON.stringify(identity))
    expect(() => takeLock(join(folder, 'stale'))).toThrow(LockedError)
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    takeLock(join(folder, 'stale')).release()
  })

  it('takes over a lock whose process id belongs to another process by now', () => {
    const other = { pid: process.pid, started: 'long ago' }
    expect(isRunning(other)).toBe(false)
    writeFileSync(join(folder, 'reused'), JSON.stringify(other))
    takeLock(join(folder, 'reused')).release()
  })

  it('takes over a file that is no lock', () => {
    writeFileSync(join(folder, 'broken'), '{')
    takeLock(join(folder, 'broken')).release()
  })
})
