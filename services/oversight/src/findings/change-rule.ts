import type { Kysely } from 'kysely'

import { type AuditTables, recordAudit } from '../audit/index.ts'
import { RuleNotFoundError, ThresholdUnknownError } from './finding.errors.ts'
import type { FindingTables } from './finding.tables.ts'
import { lockRule, type StoredRule, saveRule } from './rule.repository.ts'
import { DEFAULTS, type Rule, type RuleKind, type Thresholds } from './rule.ts'

/** Thresholds that are to change; null takes a kind of department back to the rule's common ones. */
export type ThresholdChange = Readonly<Record<string, Thresholds | null>>

export type RuleChange = { enabled?: boolean; thresholds?: ThresholdChange }

/** Who changes what, when. */
export type Act = { by: string; now: Date }

/** docs/flows/change-rule.md */
export async function changeRule(
  db: Kysely<FindingTables & AuditTables>,
  id: string,
  change: RuleChange,
  requireRevision: (revision: number) => void,
  { by, now }: Act,
): Promise<StoredRule> {
  return db.transaction().execute(async (trx) => {
    const rule = await lockRule(trx, id)
    if (!rule) throw new RuleNotFoundError(id)
    requireRevision(rule.revision)
    const changed = {
      ...rule,
      enabled: change.enabled ?? rule.enabled,
      thresholds: withThresholds(rule, change.thresholds),
      revision: rule.revision + 1,
      ...{ changedAt: now, changedBy: by },
    }
    await saveRule(trx, changed)
    await recordAudit(trx, { at: now, by, action: 'rule.changed', subject: id, detail: change })
    return changed
  })
}

/** @throws ThresholdUnknownError */
export function withThresholds(
  rule: Pick<Rule, 'kind' | 'thresholds'>,
  change: ThresholdChange = {},
): Rule['thresholds'] {
  const thresholds: Record<string, Thresholds> = { ...rule.thresholds }
  for (const [departmentKind, values] of Object.entries(change)) {
    if (values === null) {
      delete thresholds[departmentKind]
      continue
    }
    requireKnown(rule.kind, departmentKind, values)
    thresholds[departmentKind] = { ...thresholds[departmentKind], ...values }
  }
  return thresholds
}

function requireKnown(kind: RuleKind, departmentKind: string, values: Thresholds): void {
  const known = Object.keys(DEFAULTS[kind])
  const unknown = Object.keys(values).find((name) => !known.includes(name))
  if (unknown !== undefined) throw new ThresholdUnknownError(departmentKind, unknown, known)
}
