import { createRandom } from './random.ts'

export const KINDS = ['tax', 'finance', 'tendering', 'market-access'] as const

/** What a department does in a usual year, and what is only its own. */
export type Habits = {
  id: string
  kind: (typeof KINDS)[number]
  /** Holders on a usual working day, and how many it ever deals with. */
  size: number
  population: number
  /** Share of its working days that it does on a free day; of its requests at night. */
  weekend: number
  night: number
  sensitive: number
  unknown: number
  refused: number
  caseSize: number
  /** By how much it grows over the year. */
  growth: number
  monthEnd: number
  monday: number
  /** Once a month it goes through so many times its usual day. */
  batch: number
}

/** Forty departments: ten of each kind, small and large, each with a rhythm of its own. */
export function createDepartments(seed: number): Habits[] {
  const random = createRandom(seed)
  return Array.from({ length: 40 }, (_, place) => {
    const kind = KINDS[place % KINDS.length] ?? 'tax'
    const size = Math.round(12 * 2 ** random.between(0, 3))
    return {
      ...{ id: `${kind}-${Math.floor(place / KINDS.length) + 1}`, kind, size },
      population: Math.round(size * random.between(8, 60)),
      weekend: random.chance(0.3) ? random.between(0.1, 0.5) : random.between(0, 0.03),
      night: random.chance(0.15) ? random.between(0.3, 0.7) : random.between(0, 0.02),
      sensitive: { tax: 0.25, finance: 0.1, tendering: 0.02, 'market-access': 0.04 }[kind],
      unknown: random.between(0.002, 0.04),
      refused: random.between(0, 0.03),
      caseSize: kind === 'tendering' ? random.integer(5, 40) : random.integer(1, 6),
      growth: random.between(-0.1, 0.5),
      monthEnd: random.between(1, 2),
      monday: random.between(0.9, 1.4),
      batch: random.chance(0.1) ? 3 : 0,
    }
  })
}
