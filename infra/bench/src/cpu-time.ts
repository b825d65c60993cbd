import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts CPU time in ticks of this many µs. */
const TICK = 10_000

/**
 * CPU time that a process and its children have used so far, in µs; NaN where /proc is not there. Other
 * programs that want the same core hardly change it, unlike the rate.
 */
export function cpuTimeOf(pid: number): number {
  try {
    return [pid, ...childrenOf(pid)].map(ticksOf).reduce((sum, ticks) => sum + ticks * TICK, 0)
  } catch {
    return Number.NaN
  }
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number),
  )
}

function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}
