import type { Quota } from '@lexchange/contracts'

import { type Finding, toFinding } from './finding.ts'
import type { History } from './history.ts'
import { type Rule, thresholdsFor } from './rule.ts'
import { limitsOf, type RuleContext } from './rules/context.ts'
import { RULE_FUNCTIONS } from './rules/index.ts'
import { type DaySummary, summarise } from './summary.ts'
import type { DayTally } from './tally.ts'

export type Department = { id: string; kind: string }

export type EvaluatedDay = { summary: DaySummary; findings: Finding[] }

/**
 * Applies rules to what a day adds up to so far. The one place where they are applied: on the stream, in
 * a dry run and in the simulated year. It keeps the day's summary in the history, for peers to compare.
 */
export function evaluateDay(
  rules: readonly Rule[],
  department: Department,
  tally: DayTally,
  history: History,
  agreements: readonly { id: string; quota: Quota }[],
): EvaluatedDay {
  const { day } = tally
  const summary = summarise(department.id, tally)
  history.put(summary)
  const common = {
    tally,
    today: summary,
    free: history.isFree(day),
    yesterday: history.yesterday(department.id, day),
    drift: history.driftOf(department.id, day),
    peers: () => history.peersOf(department.id, day),
    agreements,
  }
  const findings = rules.flatMap((rule) => {
    if (!rule.enabled) return []
    const thresholds = thresholdsFor(rule, department.kind)
    const own = history.past(department.id, day, rule.kind)
    const context: RuleContext = { ...common, own, limit: limitsOf(thresholds) }
    const suspicion = RULE_FUNCTIONS[rule.kind](context)
    if (!suspicion) return []
    return [toFinding(rule, thresholds, { department: department.id, day }, suspicion)]
  })
  return { summary, findings }
}
