import type { Suspicion } from '../finding.ts'
import { high } from '../statistics.ts'
import type { RuleContext } from './context.ts'

/** Numbers are tried out: many that nobody was issued, or one after the other. */
export function enumeration(context: RuleContext): Suspicion | undefined {
  const { tally, today, own } = context
  const unknown = judge(context, {
    count: today.unknown,
    least: context.limit('unknown'),
    usual: high(own.map((day) => day.unknown)),
    share: context.limit('unknownShare'),
  })
  if (unknown !== undefined)
    return {
      score: unknown,
      summary: `${today.unknown} of ${today.numbers} numbers belong to no license`,
      figures: { unknown: today.unknown, numbers: today.numbers },
      examples: tally.examples.get('unknown'),
    }
  const walked = judge(context, {
    count: today.steps,
    least: context.limit('steps'),
    usual: high(own.map((day) => day.steps)),
    share: context.limit('stepShare'),
  })
  if (walked === undefined) return undefined
  return {
    score: walked,
    summary: `${today.steps} of ${today.numbers} numbers follow one another`,
    figures: { steps: today.steps, numbers: today.numbers },
    examples: tally.examples.get('step'),
  }
}

type Judged = { count: number; least: number; usual: number; share: number }

function judge({ today, limit }: RuleContext, { count, least, usual, share }: Judged) {
  const bound = Math.max(least, limit('factor') * usual)
  return count >= bound && count / Math.max(1, today.numbers) >= share ? count / bound : undefined
}
