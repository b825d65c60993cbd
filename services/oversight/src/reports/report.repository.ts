import { type Kysely, sql, type Transaction } from 'kysely'

import type { AccessRecordTables } from '../access-records/index.ts'
import { spanOfMonth } from '../calendar/index.ts'
import type { CaseTables } from '../cases/index.ts'
import type { FindingTables } from '../findings/index.ts'
import type { MeasureTables } from '../measures/index.ts'

export type ReportTables = AccessRecordTables & FindingTables & CaseTables & MeasureTables

/** A department's month in figures. */
export type ReportRow = {
  department: string
  checks: number
  refused: number
  holders: number
  disclosures: number
  findings: number
  highFindings: number
  cases: number
  measures: number
}

type Span = { from: Date; to: Date }

/** A month of China; counting the holders of a large one takes a while. */
const PATIENCE = sql`set local statement_timeout = '5min'`

/** Figures of all departments that did anything, or had anything done, in a month of China. */
export async function reportMonth(db: Kysely<ReportTables>, month: string): Promise<ReportRow[]> {
  const span = spanOfMonth(month)
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => {
      await PATIENCE.execute(trx)
      const parts = [
        await countRecords(trx, span),
        await countDisclosures(trx, month),
        await countFindings(trx, month),
        await countCases(trx, span),
        await countMeasures(trx, span),
      ]
      return combine(parts)
    })
}

type Part = { department: string } & Partial<Record<keyof ReportRow, string | number>>
type Trx = Transaction<ReportTables>

async function countRecords(trx: Trx, { from, to }: Span): Promise<Part[]> {
  const { rows } = await sql<Part>`
    select department, count(*) as checks, count(*) filter (where refused) as refused,
      count(distinct coalesce(holder, license_id))
        filter (where not refused and outcome <> 'unknown') as holders
    from access_record
    where at >= ${from}::timestamptz and at < ${to}::timestamptz and department is not null
    group by department`.execute(trx)
  return rows
}

async function countDisclosures(trx: Trx, month: string): Promise<Part[]> {
  const { rows } = await sql<Part>`
    select department, sum((summary ->> 'disclosures')::bigint) as disclosures from day_summary
    where day >= ${`${month}-01`}::date and day < ${`${month}-01`}::date + interval '1 month'
    group by department`.execute(trx)
  return rows
}

async function countFindings(trx: Trx, month: string): Promise<Part[]> {
  const { rows } = await sql<Part>`
    select department, count(*) as findings,
      count(*) filter (where severity = 'high') as "highFindings" from finding
    where day >= ${`${month}-01`}::date and day < ${`${month}-01`}::date + interval '1 month'
    group by department`.execute(trx)
  return rows
}

async function countCases(trx: Trx, { from, to }: Span): Promise<Part[]> {
  const { rows } = await sql<Part>`
    select department, count(*) as cases from oversight_case
    where opened_at >= ${from}::timestamptz and opened_at < ${to}::timestamptz
    group by department`.execute(trx)
  return rows
}

async function countMeasures(trx: Trx, { from, to }: Span): Promise<Part[]> {
  const { rows } = await sql<Part>`
    select department, count(*) as measures from measure
    where ordered_at >= ${from}::timestamptz and ordered_at < ${to}::timestamptz
    group by department`.execute(trx)
  return rows
}

function combine(parts: readonly Part[][]): ReportRow[] {
  const rows = new Map<string, ReportRow>()
  for (const { department, ...figures } of parts.flat()) {
    const row = rows.get(department) ?? {
      ...{ department, checks: 0, refused: 0, holders: 0, disclosures: 0 },
      ...{ findings: 0, highFindings: 0, cases: 0, measures: 0 },
    }
    for (const [name, figure] of Object.entries(figures))
      (row as Record<string, unknown>)[name] = Number(figure)
    rows.set(department, row)
  }
  return [...rows.values()].sort((a, b) => (a.department < b.department ? -1 : 1))
}
