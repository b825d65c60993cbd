import type { Load, Pressure, Side } from './load.ts'

export type BenchOptions = Pressure & {
  /** How many licenses the projection and the table hold. */
  licenses: number
  pairs: number
  /** How long changes come at a given rate, in s. */
  paced: number
}

export type BenchResult = {
  name: string
  ours: string
  reference: string
  pairs: { ours: Load; reference: Load; ratio: number }[]
  ratio: { median: number; min: number; max: number }
  budget: number
  beyond: number
  met: boolean
  /** Further figures, a line each. */
  notes?: readonly string[]
}

type Comparison = {
  name: string
  ours: Side
  reference: Side
  /** Ratio that is asked for, and the one to reach for. */
  budget: number
  beyond: number
}

const WARM_UP = 3

/**
 * Measures both in turns, A B A B, because a shared machine changes within minutes: only the ratio
 * inside a pair is judged. Both are warmed up first, and each pair begins with the other one.
 */
export async function compare(
  { name, ours, reference, budget, beyond }: Comparison,
  { pairs: count, seconds, connections, generator }: BenchOptions,
): Promise<BenchResult> {
  const pressure = { seconds, connections, generator }
  for (const side of [ours, reference]) await side.measure({ ...pressure, seconds: WARM_UP })
  const pairs: BenchResult['pairs'] = []
  for (let index = 0; index < count; index++) {
    const first = index % 2 === 0
    const early = await (first ? ours : reference).measure(pressure)
    const late = await (first ? reference : ours).measure(pressure)
    const pair = first ? { ours: early, reference: late } : { ours: late, reference: early }
    pairs.push({ ...pair, ratio: pair.ours.rate / pair.reference.rate })
  }
  const ratio = spread(pairs.map((pair) => pair.ratio))
  const named = { name, ours: ours.name, reference: reference.name }
  return { ...named, pairs, ratio, budget, beyond, met: ratio.median >= budget }
}

/** Middle, smallest and largest of some numbers. */
export function spread(values: readonly number[]): { median: number; min: number; max: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const at = (index: number) => sorted[index] ?? Number.NaN
  const median = (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2
  return { median, min: at(0), max: at(sorted.length - 1) }
}

export function describeResult(result: BenchResult): string {
  const { name, ours, reference, pairs, ratio, budget, beyond, met, notes = [] } = result
  const rows = pairs.map(
    (pair, index) =>
      `  ${String(index + 1).padStart(4)} ${describeLoad(pair.ours)} ${describeLoad(pair.reference)} ${pair.ratio.toFixed(2).padStart(7)}`,
  )
  const verdict = met ? (ratio.median >= beyond ? 'beyond' : 'met') : 'MISSED'
  return [
    `${name}: ${ours} against ${reference}`,
    `  pair ${'ours/s   p50   p99   cpu'.padStart(26)} ${'reference/s   p50   p99   cpu'.padStart(30)}   ratio`,
    ...rows,
    ...notes.map((note) => `  ${note}`),
    `  ratio: median ${ratio.median.toFixed(2)}, min ${ratio.min.toFixed(2)}, max ${ratio.max.toFixed(2)}; budget ≥ ${budget} (beyond ≥ ${beyond}): ${verdict}`,
  ].join('\n')
}

function describeLoad({ rate, p50, p99, cpu }: Load): string {
  return `${Math.round(rate).toLocaleString('en').padStart(12)} ${String(p50).padStart(5)} ${String(p99).padStart(5)} ${cpu.toFixed(0).padStart(5)}`
}
