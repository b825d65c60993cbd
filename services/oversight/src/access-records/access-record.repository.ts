import type { AccessRecord } from '@lexchange/contracts'
import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely'

import type { AccessRecordTables } from './access-record.tables.ts'

export type RecordFilter = {
  department?: string | undefined
  /** Id or number. */
  license?: string | undefined
  holder?: string | undefined
  caseRef?: string | undefined
  client?: string | undefined
  agreement?: string | undefined
  action?: string | undefined
  outcome?: string | undefined
  from?: Date | undefined
  to?: Date | undefined
}

/** The last of the page before. */
export type RecordPosition = { at: Date; id: string }

export type RecordPage = { before: RecordPosition | undefined; limit: number }

type Where = ExpressionBuilder<AccessRecordTables, 'access_record'>

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A page of records, the latest first. */
export async function searchRecords(
  db: Kysely<AccessRecordTables>,
  filter: RecordFilter,
  page: RecordPage,
): Promise<AccessRecord[]> {
  const rows = await db
    .selectFrom('access_record')
    .select('record')
    .where((eb) => eb.and([...conditionsOf(eb, filter), ...positionOf(page.before)]))
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit)
    .execute()
  return rows.map(({ record }) => JSON.parse(record))
}

export function positionOf(before: RecordPosition | undefined): Expression<SqlBool>[] {
  if (before === undefined) return []
  return [
    // The first alone tells PostgreSQL which partitions it can leave out.
    sql<SqlBool>`at <= ${before.at}::timestamptz`,
    sql<SqlBool>`(at, id) < (${before.at}::timestamptz, ${before.id}::uuid)`,
  ]
}

function conditionsOf(eb: Where, filter: RecordFilter): Expression<SqlBool>[] {
  const { license, from, to } = filter
  const equal = {
    department: filter.department,
    holder: filter.holder,
    case_ref: filter.caseRef,
    client: filter.client,
    agreement: filter.agreement,
    action: filter.action,
    outcome: filter.outcome,
  }
  const conditions: Expression<SqlBool>[] = Object.entries(equal).flatMap(([column, value]) =>
    value === undefined ? [] : [eb(column as keyof typeof equal, '=', value)],
  )
  if (license !== undefined)
    conditions.push(
      UUID.test(license)
        ? eb('license_id', '=', license.toLowerCase())
        : eb('license_number', '=', license),
    )
  if (from !== undefined) conditions.push(eb('at', '>=', from))
  if (to !== undefined) conditions.push(eb('at', '<', to))
  return conditions
}

/** Records of a span of time, the earliest first: for the rules. */
export async function readRecords(
  db: Kysely<AccessRecordTables>,
  span: { from: Date; to: Date; department?: string },
  after: RecordPosition | undefined,
  limit: number,
): Promise<AccessRecord[]> {
  let query = db
    .selectFrom('access_record')
    .select('record')
    .where('at', '>=', after?.at ?? span.from)
    .where('at', '<', span.to)
    .orderBy('at')
    .orderBy('id')
    .limit(limit)
  if (span.department !== undefined) query = query.where('department', '=', span.department)
  if (after !== undefined)
    query = query.where(sql<SqlBool>`(at, id) > (${after.at}::timestamptz, ${after.id}::uuid)`)
  return (await query.execute()).map(({ record }) => JSON.parse(record))
}

/** Records of a source as it has written them, in their order. */
export async function readChain(
  db: Kysely<AccessRecordTables>,
  source: string,
  after: number,
  limit: number,
): Promise<AccessRecord[]> {
  const rows = await db
    .selectFrom('access_record')
    .select('record')
    .where('source', '=', source)
    .where('sequence', '>', String(after))
    .orderBy('sequence')
    .limit(limit)
    .execute()
  return rows.map(({ record }) => JSON.parse(record))
}
