import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts'

export type LockFile = { release(): void }

/** Another process that still runs has the lock. */
export class LockedError extends Error {
  override readonly name = 'LockedError'
  readonly pid: number

  constructor(file: string, pid: number) {
    super(`${file} is held by process ${pid}`)
    this.pid = pid
  }
}

/**
 * Takes a lock for as long as this process lives. A lock whose owner was killed is taken over.
 * @throws LockedError where its owner still runs.
 */
export function takeLock(file: string): LockFile {
  mkdirSync(dirname(file), { recursive: true })
  const mine = JSON.stringify(identifyProcess(process.pid))
  const complete = `${file}.${process.pid}`
  writeFileSync(complete, mine)
  try {
    for (;;) {
      try {
        // A link appears with its content, so that nobody reads half a lock.
        linkSync(complete, file)
        return { release: () => release(file, mine) }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const owner = ownerOf(file)
      if (owner && isRunning(owner)) throw new LockedError(file, owner.pid)
      rmSync(file, { force: true })
    }
  } finally {
    rmSync(complete, { force: true })
  }
}

function ownerOf(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity
  } catch {
    return undefined
  }
}

function release(file: string, mine: string): void {
  try {
    if (readFileSync(file, 'utf8') === mine) rmSync(file, { force: true })
  } catch {
    // Somebody removed the folder: nothing is left to release.
  }
}
