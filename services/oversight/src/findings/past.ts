import { type Calendar, dayAfter, isFree } from '../calendar/index.ts'
import { RULE_KINDS, type RuleKind } from './rule.ts'
import { median } from './statistics.ts'
import type { DaySummary } from './summary.ts'

export type Past = ReturnType<typeof createPast>

/** Days that one is compared with: what is done once a month is among them twice. */
const COMPARED = 70
const RECENT = { days: 14, least: 5 }
const BASE = { from: 57, to: 119, least: 15 }

/** How many days of summaries are of use. */
export const KEPT = BASE.to

/**
 * Summaries of past days in memory. A day that a rule has found something on is no habit for that rule,
 * unless the officer has dismissed it: else abuse that lasts would become its own excuse.
 */
export function createPast(calendar: Calendar) {
  const summaries = new Map<string, Map<string, DaySummary>>()
  const found = new Set<string>()
  const before = memo((day: string) =>
    Array.from({ length: KEPT }, (_, place) => dayAfter(day, -1 - place)),
  )
  const free = memo((day: string) => isFree(calendar, day))
  const summaryOf = (department: string, day: string) => summaries.get(department)?.get(day)

  /** Comparable days of a span, counted back from a day. */
  function past(department: string, day: string, kind: RuleKind, from = 1, to = COMPARED) {
    const own = summaries.get(department)
    const wanted = free(day)
    return before(day)
      .slice(from - 1, to)
      .flatMap((each) => {
        const summary = own?.get(each)
        if (!summary || free(each) !== wanted) return []
        return found.has(`${department} ${each} ${kind}`) ? [] : [summary]
      })
  }

  /** Another rule has found something on that day, so it says nothing about slow growth. */
  function isExplained(department: string, day: string): boolean {
    return RULE_KINDS.some(
      (kind) => kind !== 'breadth' && found.has(`${department} ${day} ${kind}`),
    )
  }

  return {
    put(summary: DaySummary): void {
      const own = summaries.get(summary.department) ?? new Map<string, DaySummary>()
      summaries.set(summary.department, own.set(summary.day, summary))
    },
    markFound(department: string, day: string, kind: RuleKind): void {
      found.add(`${department} ${day} ${kind}`)
    },
    isFree: free,
    departments: () => [...summaries.keys()],
    summaryOf,
    past,
    yesterday: (department: string, day: string) => summaryOf(department, before(day)[0] ?? ''),
    /** Usual working days of now over those of some months ago. */
    driftOf(department: string, day: string): number | undefined {
      if (free(day)) return undefined
      const recent = [day, ...before(day).slice(0, RECENT.days)].flatMap((each) =>
        free(each) || isExplained(department, each) ? [] : (summaryOf(department, each) ?? []),
      )
      const base = past(department, day, 'breadth', BASE.from, BASE.to)
      if (recent.length < RECENT.least || base.length < BASE.least) return undefined
      return usual(recent) / Math.max(1, usual(base))
    },
  }
}

export function usual(days: readonly DaySummary[]): number {
  return median(days.map(({ holders }) => holders)) ?? 0
}

function memo<Value>(compute: (key: string) => Value): (key: string) => Value {
  const known = new Map<string, Value>()
  return (key) => {
    const value = known.get(key) ?? compute(key)
    known.set(key, value)
    return value
  }
}
