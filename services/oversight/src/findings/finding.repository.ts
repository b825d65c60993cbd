import { type Kysely, type SqlBool, sql, type Transaction } from 'kysely'
import { v7 as newId } from 'uuid'
import type { FindingTables } from './finding.tables.ts'
import type { Evidence, Finding, Severity } from './finding.ts'
import type { RuleKind } from './rule.ts'
import type { DaySummary } from './summary.ts'

export type StoredFinding = Finding & { id: string; foundAt: Date; updatedAt: Date }

export type FindingFilter = {
  department?: string | undefined
  kind?: string | undefined
  rule?: string | undefined
  severity?: string | undefined
  from?: string | undefined
  to?: string | undefined
}

/** As text: a date of PostgreSQL would come as a time of this host's zone. */
const DAY = sql<string>`to_char(day, 'YYYY-MM-DD')`

const COLUMNS = [
  'id',
  'rule_id',
  'kind',
  'department',
  'severity',
  'score',
  'evidence',
  'found_at',
  'updated_at',
] as const

/** A page of findings, the latest first. */
export async function listFindings(
  db: Kysely<FindingTables>,
  { department, kind, rule, severity, from, to }: FindingFilter,
  page: { before: { at: Date; id: string } | undefined; limit: number },
): Promise<StoredFinding[]> {
  let query = db.selectFrom('finding').select([...COLUMNS, DAY.as('day')])
  if (department !== undefined) query = query.where('department', '=', department)
  if (kind !== undefined) query = query.where('kind', '=', kind)
  if (rule !== undefined) query = query.where('rule_id', '=', rule)
  if (severity !== undefined) query = query.where('severity', '=', severity)
  if (from !== undefined) query = query.where('day', '>=', from)
  if (to !== undefined) query = query.where('day', '<=', to)
  if (page.before !== undefined)
    query = query.where(
      sql<SqlBool>`(found_at, id) < (${page.before.at}::timestamptz, ${page.before.id}::uuid)`,
    )
  const rows = await query
    .orderBy('found_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit)
    .execute()
  return rows.map(toFinding)
}

export async function findFindings(
  db: Kysely<FindingTables>,
  ids: readonly string[],
): Promise<StoredFinding[]> {
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('finding')
    .select([...COLUMNS, DAY.as('day')])
    .where('id', 'in', [...ids])
    .orderBy('found_at')
    .orderBy('id')
    .execute()
  return rows.map(toFinding)
}

/** One for each rule, department and day: it grows with the day, and never shrinks. */
export async function saveFinding(
  trx: Transaction<FindingTables>,
  finding: Finding,
  now: Date,
): Promise<{ id: string; isNew: boolean }> {
  const { rows } = await sql<{ id: string; is_new: boolean }>`
    insert into finding as kept (id, rule_id, kind, department, day, severity, score, evidence, found_at, updated_at)
    values (${newId()}, ${finding.ruleId}, ${finding.kind}, ${finding.department}, ${finding.day}::date,
      ${finding.severity}, ${finding.score}, ${JSON.stringify(finding.evidence)}, ${now}, ${now})
    on conflict (department, day, rule_id) do update set
      severity = case when kept.severity = 'high' then 'high' else excluded.severity end,
      evidence = case when excluded.score >= kept.score then excluded.evidence else kept.evidence end,
      score = greatest(kept.score, excluded.score), updated_at = excluded.updated_at
    returning id, xmax = 0 as is_new`.execute(trx)
  const [row] = rows
  if (!row) throw new Error('a finding was neither made nor changed')
  return { id: row.id, isNew: row.is_new }
}

export async function saveSummary(
  trx: Transaction<FindingTables>,
  { department, day, ...figures }: DaySummary,
): Promise<void> {
  await sql`
    insert into day_summary (department, day, summary)
    values (${department}, ${day}::date, ${JSON.stringify(figures)})
    on conflict (day, department) do update set summary = excluded.summary`.execute(trx)
}

export async function readSummaries(
  db: Kysely<FindingTables>,
  from: string,
  to: string,
): Promise<DaySummary[]> {
  const rows = await db
    .selectFrom('day_summary')
    .select(['department', DAY.as('day'), 'summary'])
    .where('day', '>=', from)
    .where('day', '<=', to)
    .execute()
  return rows.map(
    ({ department, day, summary }) => ({ department, day, ...(summary as object) }) as DaySummary,
  )
}

/** Days with records that no summary has yet, the longest waiting first. */
export async function listDue(
  db: Kysely<FindingTables>,
  limit: number,
): Promise<{ department: string; day: string }[]> {
  return db
    .selectFrom('tally_due')
    .select(['department', DAY.as('day')])
    .orderBy('since')
    .limit(limit)
    .execute()
}

export async function dropDue(
  trx: Transaction<FindingTables>,
  department: string,
  day: string,
): Promise<void> {
  await trx
    .deleteFrom('tally_due')
    .where('department', '=', department)
    .where('day', '=', day)
    .execute()
}

function toFinding(row: {
  id: string
  rule_id: string
  kind: string
  department: string
  day: string
  severity: string
  score: number
  evidence: unknown
  found_at: Date
  updated_at: Date
}): StoredFinding {
  return {
    id: row.id,
    ruleId: row.rule_id,
    kind: row.kind as RuleKind,
    department: row.department,
    day: row.day,
    severity: row.severity as Severity,
    score: row.score,
    evidence: row.evidence as Evidence,
    foundAt: row.found_at,
    updatedAt: row.updated_at,
  }
}
