import type { Suspicion } from '../finding.ts'
import { high, median } from '../statistics.ts'
import { LEAST_DAYS, type RuleContext } from './context.ts'

/** Far more holders than the department itself is used to, and than its peers explain. */
export function breadth(context: RuleContext): Suspicion | undefined {
  if (context.today.holders < context.limit('holders')) return undefined
  if (context.own.length < LEAST_DAYS) return withoutHistory(context)
  return jump(context) ?? slowGrowth(context)
}

/** Today against its own busiest days; not where all its peers are as busy, e.g. before a deadline. */
function jump({ tally, today, own, limit, peers }: RuleContext): Suspicion | undefined {
  const holders = own.map((day) => day.holders)
  const usual = median(holders) ?? 0
  const bound = Math.max(limit('holders'), limit('ownFactor') * high(holders))
  if (today.holders <= bound) return undefined
  const ratio = today.holders / Math.max(1, usual)
  const others = Math.max(1, peers().ratio)
  if (ratio <= limit('peerFactor') * others) return undefined
  return {
    score: today.holders / bound,
    summary: `${today.holders} holders, where ${Math.round(usual)} are usual`,
    figures: { holders: today.holders, usual, busiest: high(holders), ratio, peerRatio: others },
    examples: tally.examples.get('answered'),
  }
}

/** A little more every day: these two weeks against those of some months ago. */
function slowGrowth({ tally, today, drift, limit, peers }: RuleContext): Suspicion | undefined {
  if (drift === undefined || drift <= limit('drift')) return undefined
  const others = Math.max(1, peers().drift)
  const bound = limit('drift') * others
  if (drift <= bound) return undefined
  return {
    score: drift / bound,
    summary: `${drift.toFixed(1)} times the holders of some months ago, where peers have ${others.toFixed(1)} times`,
    figures: { holders: today.holders, growth: drift, peerGrowth: others },
    examples: tally.examples.get('answered'),
  }
}

/** One that is new is compared with the busiest of its peers. */
function withoutHistory({ tally, today, limit, peers }: RuleContext): Suspicion | undefined {
  const { holders: busiest, days } = peers()
  const bound = limit('newFactor') * busiest
  if (busiest === 0 || days < LEAST_DAYS || today.holders <= bound) return undefined
  return {
    score: today.holders / bound,
    summary: `${today.holders} holders, where the busiest of its peers have ${busiest}`,
    figures: { holders: today.holders, busiestPeer: busiest },
    examples: tally.examples.get('answered'),
  }
}
