import type { Suspicion } from '../finding.ts'
import { high } from '../statistics.ts'
import type { DaySummary } from '../summary.ts'
import { LEAST_DAYS, type RuleContext } from './context.ts'

/** At night and on free days, where this department does not work then. */
export function offHours(context: RuleContext): Suspicion | undefined {
  const { tally, today, own, free, limit } = context
  if (own.length < LEAST_DAYS) return undefined
  const count = countOf(today, context)
  const usual = high(own.map((day) => countOf(day, context)))
  const bound = Math.max(limit('records'), limit('ownFactor') * usual)
  // One that works at night works more at night when it works more.
  const shares = own.map((day) => countOf(day, context) / Math.max(1, day.records))
  if (count < bound || (!free && count / today.records <= high(shares))) return undefined
  return {
    score: count / bound,
    summary: `${count} requests ${free ? 'on a free day' : 'at night'}, where it makes ${usual} at most`,
    figures: { offHours: count, usual, records: today.records },
    examples: tally.examples.get(free ? 'answered' : 'night'),
  }
}

function countOf({ hours, records }: DaySummary, { free, limit }: RuleContext): number {
  if (free) return records
  const [from, until] = [limit('nightFrom'), limit('nightUntil')]
  return hours.reduce((sum, count, hour) => sum + (hour >= from || hour < until ? count : 0), 0)
}
