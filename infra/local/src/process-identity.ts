import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process that can be told from a later one with the same pid. */
export type ProcessIdentity = { pid: number; started: string }

/** @returns undefined where no such process runs. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const started = process.platform === 'linux' ? startedOnLinux(pid) : startedByPs(pid)
  return started === undefined ? undefined : { pid, started }
}

export function isRunning({ pid, started }: ProcessIdentity): boolean {
  return identifyProcess(pid)?.started === started
}

function startedOnLinux(pid: number): string | undefined {
  try {
    // The name in parentheses may hold anything; after it come the state and, as 20th, the start time.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')
    return fields && fields[0] !== 'Z' ? fields[19] : undefined
  } catch {
    return undefined
  }
}

function startedByPs(pid: number): string | undefined {
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout?.trim() || undefined
}

/** Sends signals, each milder than the next, until the process has ended. */
export async function endProcess(
  identity: ProcessIdentity,
  signals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGKILL'],
  patience = 8_000,
): Promise<void> {
  for (const signal of signals) {
    if (!isRunning(identity)) return
    try {
      process.kill(identity.pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EPERM')
        throw new Error(`process ${identity.pid} is in the way and belongs to another user: end it`)
    }
    const end = Date.now() + patience
    while (isRunning(identity) && Date.now() < end) await sleep(20)
  }
  if (isRunning(identity)) throw new Error(`process ${identity.pid} could not be ended`)
}
