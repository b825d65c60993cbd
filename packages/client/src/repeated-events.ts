import type { LicenseEvent } from './answers.ts'

/** So many events back a repetition is noticed: some megabytes. */
const REMEMBERED = 100_000

/**
 * Tells repetitions by license and sequence. It remembers which were handled and does not compare numbers: a
 * filter leaves gaps, and what comes late must not be lost.
 * @returns a function that notes an event, and says whether it was noted before.
 */
export function createRepetitionFilter(most = REMEMBERED): {
  has(event: LicenseEvent): boolean
  add(event: LicenseEvent): void
} {
  const handled = new Set<string>()
  return {
    has: (event) => handled.has(keyOf(event)),
    add(event) {
      handled.add(keyOf(event))
      if (handled.size <= most) return
      const [oldest] = handled
      if (oldest !== undefined) handled.delete(oldest)
    },
  }
}

function keyOf({ subject, sequence, source, id }: LicenseEvent): string {
  return sequence === undefined ? `${source} ${id}` : `${subject} ${sequence}`
}
