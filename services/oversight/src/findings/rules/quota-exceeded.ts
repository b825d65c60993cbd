import type { Suspicion } from '../finding.ts'
import type { RuleContext } from './context.ts'

/** More than an agreement grants: tried again and again, or got, e.g. from several replicas at once. */
export function quotaExceeded(context: RuleContext): Suspicion | undefined {
  return refusedByQuota(context) ?? beyondQuota(context)
}

function refusedByQuota({ tally, limit }: RuleContext): Suspicion | undefined {
  const least = limit('refused')
  if (tally.overQuota < least) return undefined
  return {
    score: tally.overQuota / least,
    summary: `${tally.overQuota} requests were refused by a quota or a throttle`,
    figures: { refusedByQuota: tally.overQuota },
    examples: tally.examples.get('overQuota'),
  }
}

function beyondQuota(context: RuleContext): Suspicion | undefined {
  let worst: Suspicion | undefined
  for (const { id, quota } of context.agreements) {
    for (const [what, used, granted] of usesOf(context, id, quota)) {
      const score = used / (granted * context.limit('over'))
      if (score <= 1 || score <= (worst?.score ?? 0)) continue
      worst = {
        score,
        summary: `${used} answers ${what} under the agreement ${id}, which grants ${granted}`,
        figures: { used, granted },
        examples: context.tally.examples.get('answered'),
      }
    }
  }
  return worst
}

type Use = [what: string, used: number, granted: number]

function usesOf(
  { tally, yesterday }: RuleContext,
  id: string,
  { perMinute, perDay, perHolderAndDay }: RuleContext['agreements'][number]['quota'],
): Use[] {
  const use = tally.agreements.get(id)
  if (!use) return []
  const uses: Use[] = []
  if (perMinute !== undefined) uses.push(['in a minute', most(use.minutes), perMinute])
  if (perHolderAndDay !== undefined)
    uses.push(['on one holder in a day', most(use.holders), perHolderAndDay])
  if (perDay !== undefined)
    for (const [day, count] of use.days)
      uses.push(['in a day (UTC)', count + (yesterday?.agreements[id]?.[day] ?? 0), perDay])
  return uses
}

function most(counts: ReadonlyMap<unknown, number>): number {
  return [...counts.values()].reduce((highest, count) => Math.max(highest, count), 0)
}
