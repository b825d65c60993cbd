import type { Side } from './load.ts'

const BATCH = 50

/** Work of this process as one side of a comparison: as often as there is time for. */
export function worked(name: string, work: () => unknown): Side {
  return {
    name,
    async measure({ seconds }) {
      const cpuBefore = process.cpuUsage()
      const started = performance.now()
      const end = started + seconds * 1000
      const times: number[] = []
      let answers = 0
      let before = started
      while (before < end) {
        for (let index = 0; index < BATCH; index++) await work()
        answers += BATCH
        const now = performance.now()
        times.push((now - before) / BATCH)
        before = now
      }
      const { user, system } = process.cpuUsage(cpuBefore)
      times.sort((a, b) => a - b)
      const at = (share: number) =>
        Number((times[Math.floor(times.length * share)] ?? 0).toFixed(3))
      const rate = (answers * 1000) / (before - started)
      return { rate, p50: at(0.5), p99: at(0.99), answers, cpu: (user + system) / answers }
    },
  }
}
