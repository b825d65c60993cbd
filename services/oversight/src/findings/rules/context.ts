import type { Quota } from '@lexchange/contracts'

import type { Suspicion } from '../finding.ts'
import type { Peers } from '../history.ts'
import type { Thresholds } from '../rule.ts'
import type { DaySummary } from '../summary.ts'
import type { DayTally } from '../tally.ts'

/** All that a rule may look at. */
export type RuleContext = {
  tally: DayTally
  today: DaySummary
  /** Offices are closed on that day. */
  free: boolean
  limit(name: string): number
  /** Days like this one in the last eight weeks, without those that this rule has found. */
  own: readonly DaySummary[]
  yesterday: DaySummary | undefined
  /** Its usual days of now over those of some months ago; undefined before there are enough. */
  drift: number | undefined
  peers(): Peers
  agreements: readonly { id: string; quota: Quota }[]
}

export type RuleFunction = (context: RuleContext) => Suspicion | undefined

/** Fewer days like this one are no habit yet. */
export const LEAST_DAYS = 10

/** @throws Error on a name that the defaults do not have: a mistake of ours. */
export function limitsOf(thresholds: Thresholds): (name: string) => number {
  return (name) => {
    const value = thresholds[name]
    if (value === undefined) throw new Error(`no threshold is called ${name}`)
    return value
  }
}
