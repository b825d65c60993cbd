import type { Kysely, Transaction } from 'kysely'

import type { FindingTables } from './finding.tables.ts'
import type { Rule, RuleKind } from './rule.ts'

export type StoredRule = Rule & { revision: number; changedAt: Date; changedBy: string }

const COLUMNS = [
  'id',
  'kind',
  'enabled',
  'thresholds',
  'revision',
  'changed_at',
  'changed_by',
] as const

type Row = {
  id: string
  kind: string
  enabled: boolean
  thresholds: unknown
  revision: number
  changed_at: Date
  changed_by: string
}

export async function listRules(db: Kysely<FindingTables>): Promise<StoredRule[]> {
  const rows = await db.selectFrom('rule').select(COLUMNS).orderBy('id').execute()
  return rows.map(toRule)
}

export async function findRule(
  db: Kysely<FindingTables>,
  id: string,
): Promise<StoredRule | undefined> {
  const row = await db.selectFrom('rule').select(COLUMNS).where('id', '=', id).executeTakeFirst()
  return row && toRule(row)
}

export async function lockRule(
  trx: Transaction<FindingTables>,
  id: string,
): Promise<StoredRule | undefined> {
  const query = trx.selectFrom('rule').select(COLUMNS).where('id', '=', id).forUpdate()
  const row = await query.executeTakeFirst()
  return row && toRule(row)
}

export async function saveRule(
  trx: Transaction<FindingTables>,
  { id, enabled, thresholds, revision, changedAt, changedBy }: StoredRule,
): Promise<void> {
  await trx
    .updateTable('rule')
    .set({
      ...{ enabled, revision, thresholds: JSON.stringify(thresholds) },
      ...{ changed_at: changedAt, changed_by: changedBy },
    })
    .where('id', '=', id)
    .execute()
}

function toRule(row: Row): StoredRule {
  return {
    id: row.id,
    kind: row.kind as RuleKind,
    enabled: row.enabled,
    thresholds: row.thresholds as Rule['thresholds'],
    revision: row.revision,
    changedAt: row.changed_at,
    changedBy: row.changed_by,
  }
}
