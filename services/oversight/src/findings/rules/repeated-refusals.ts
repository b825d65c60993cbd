import type { Suspicion } from '../finding.ts'
import { high } from '../statistics.ts'
import type { RuleContext } from './context.ts'

/** What it has no right to, asked for again and again. */
export function repeatedRefusals(context: RuleContext): Suspicion | undefined {
  const { tally, today, own, limit } = context
  const usual = high(own.map((day) => day.refused))
  const bound = Math.max(limit('refused'), limit('ownFactor') * usual)
  const share = today.refused / Math.max(1, today.records)
  if (today.refused < bound || share < limit('share')) return undefined
  return {
    score: today.refused / bound,
    summary: `${today.refused} of ${today.records} requests were refused`,
    figures: { refused: today.refused, records: today.records, share, usual },
    examples: tally.examples.get('refused'),
  }
}
