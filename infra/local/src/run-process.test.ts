import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { identifyProcess } from './process-identity.ts'
import { type ProcessOptions, runProcess } from './run-process.ts'

let folder: string
const said: string[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lexchange-run-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A process that notes each of its starts and then stays, or ends at once. */
function options(name: string, script: string): ProcessOptions {
  const mark = join(folder, `${name}.ready`)
  return {
    name,
    command: 'sh',
    args: ['-c', script, 'sh', mark],
    logFile: join(folder, `${name}.log`),
    stopSignal: 'SIGTERM',
    isReady: async () => existsSync(mark),
    log: (line) => said.push(line),
  }
}

const STAYS = 'echo $$ >> "$1"; exec sleep 60'

describe('runProcess', () => {
  it('starts again what was killed, and says so', async () => {
    const process = runProcess(options('killed', STAYS))
    await process.waitReady()
    const first = process.pid
    rmSync(join(folder, 'killed.ready'))
    await process.kill('SIGKILL')
    await process.waitReady()
    expect(process.pid).not.toBe(first)
    expect(said).toContain('killed ended (SIGKILL) and is started again')
    await process.stop()
  })

  it('leaves what was stopped alone until it is started', async () => {
    const process = runProcess(options('stopped', STAYS))
    await process.waitReady()
    const pid = process.pid ?? 0
    await process.stop()
    expect(process.pid).toBeUndefined()
    expect(identifyProcess(pid)).toBeUndefined()
    await process.start()
    expect(process.pid).toBeDefined()
    await process.stop()
  })

  it('gives up on what ends at once each time, with its last words', async () => {
    const failing = options('failing', 'echo the reason >&2; exit 3')
    const process = runProcess({ ...failing, isReady: async () => false })
    await expect(process.waitReady(30_000)).rejects.toThrow(/code 3[\s\S]*the reason/)
  })

  it('gives up at once where trying again cannot help, and says what to do', async () => {
    const failing = options('full', 'echo No space left on device >&2; exit 1')
    const process = runProcess({
      ...failing,
      isReady: async () => false,
      explain: (tail) => (tail.includes('No space') ? 'the disk is full' : undefined),
    })
    await expect(process.waitReady()).rejects.toThrow('the disk is full')
  })

  it('kills what does not end when asked', async () => {
    const stubborn = options('stubborn', 'trap "" TERM; echo $$ >> "$1"; while :; do sleep 1; done')
    const process = runProcess({ ...stubborn, stopWithin: 200 })
    await process.waitReady()
    await process.stop()
    expect(process.pid).toBeUndefined()
  })

  it('appends to one log file', async () => {
    writeFileSync(join(folder, 'log.log'), 'before\n')
    const process = runProcess(options('log', `echo after; ${STAYS}`))
    await process.waitReady()
    await process.stop()
    expect(readFileSync(join(folder, 'log.log'), 'utf8')).toBe('before\nafter\n')
  })
})
