import type { Suspicion } from '../finding.ts'
import { high } from '../statistics.ts'
import type { RuleContext } from './context.ts'

/** One caseRef for too many holders: a case is about somebody, and not about everybody. */
export function caseReuse({ tally, today, own, limit }: RuleContext): Suspicion | undefined {
  const usual = high(own.map((day) => day.caseHolders))
  const bound = Math.max(limit('holders'), limit('ownFactor') * usual)
  if (today.caseHolders < bound) return undefined
  const worst = [...tally.cases].reduce((one, other) =>
    other[1].holders.count > one[1].holders.count ? other : one,
  )
  const [caseRef, { holders, records, examples }] = worst
  return {
    score: holders.count / bound,
    summary: `The caseRef ${caseRef} was given for ${holders.count} holders`,
    figures: { holders: holders.count, records, usual },
    examples,
  }
}
