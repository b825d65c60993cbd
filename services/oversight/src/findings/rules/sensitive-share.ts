import type { Suspicion } from '../finding.ts'
import { oddsOfShares, sensitiveShares } from '../history.ts'
import { odds } from '../statistics.ts'
import { LEAST_DAYS, type RuleContext } from './context.ts'

/** Personal and secret fields in far more of the answers than this department and its peers need. */
export function sensitiveShare(context: RuleContext): Suspicion | undefined {
  const { tally, today, own, limit, peers } = context
  if (today.sensitive < limit('answers')) return undefined
  const shares = sensitiveShares(own)
  if (shares.length < LEAST_DAYS) return undefined
  const share = today.sensitive / today.answered
  const peerShare = peers().sensitive
  const bound = limit('odds') * Math.max(oddsOfShares(shares), odds(peerShare))
  const score = odds(share) / bound
  if (score <= 1) return undefined
  return {
    score,
    summary: `${percent(share)} of its answers had a personal or secret field; of its peers ${percent(peerShare)}`,
    figures: { sensitive: today.sensitive, answered: today.answered, share, peerShare },
    examples: tally.examples.get('sensitive'),
  }
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
