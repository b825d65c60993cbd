import type { AccessRecord } from '@lexchange/contracts'
import { type Kysely, sql } from 'kysely'

import {
  type AccessRecordTables,
  differingColumn,
  type RecordColumns,
} from '../access-records/index.ts'
import { createChainCheck } from './check-chain.ts'
import type { Anchor, AuditFault, AuditReport } from './fault.ts'

type Db = Kysely<AccessRecordTables>

const PAGE = 5_000
/** How long a record may be on its way, in ms; its anchor travels faster. */
const PENDING = 60_000

/**
 * Proves that no record was removed or changed: every source is walked from its first record, and
 * compared with what the registry saw of it. docs/flows/verify-audit.md
 */
export async function verifyAudit(
  db: Db,
  anchors: readonly Anchor[],
  now: Date = new Date(),
): Promise<AuditReport> {
  const bySource = Map.groupBy(anchors, ({ source }) => source)
  const sources = [...new Set([...(await listSources(db)), ...bySource.keys()])].sort()
  const report: AuditReport = { sources: sources.length, records: 0, faults: [], notices: [] }
  for (const source of sources) {
    const own = [...(bySource.get(source) ?? [])].sort((a, b) => a.sequence - b.sequence)
    const { records, faults, notices } = await verifySource(db, source, own, now)
    report.records += records
    report.faults.push(...faults)
    report.notices.push(...notices)
  }
  report.faults.push(...(await listConflicts(db)))
  return report
}

async function verifySource(db: Db, source: string, anchors: readonly Anchor[], now: Date) {
  const spans = await readSpans(db, source)
  const check = createChainCheck({
    ...{ source, anchors, pendingSince: now.getTime() - PENDING },
    received: spans.at(-1)?.to ?? 0,
    wasReceived: (sequence) => spans.some(({ from, to }) => sequence >= from && sequence <= to),
  })
  let records = 0
  for await (const row of readSource(db, source)) {
    records++
    check.add({ record: row.record, sequence: row.sequence, differs: row.differs })
  }
  return { records, ...check.end() }
}

async function* readSource(db: Db, source: string) {
  let after = 0
  for (;;) {
    const rows = await db
      .selectFrom('access_record')
      .select(['at', 'id', 'source', 'sequence', 'hash', 'department', 'client', 'action'])
      .select(['license_type', 'license_number', 'license_id', 'holder', 'purpose', 'case_ref'])
      .select(['agreement', 'outcome', 'refused', 'record'])
      .where('source', '=', source)
      .where('sequence', '>', String(after))
      .orderBy('sequence')
      .limit(PAGE)
      .execute()
    for (const { record: text, ...columns } of rows) {
      const { record, differs } = readRow(text, columns)
      yield { record, differs, sequence: Number(columns.sequence) }
    }
    const last = rows.at(-1)
    if (!last || rows.length < PAGE) return
    after = Number(last.sequence)
  }
}

function readRow(text: string, columns: RecordColumns) {
  try {
    const record = JSON.parse(text) as AccessRecord
    return { record, differs: differingColumn(record, columns) }
  } catch {
    // What is no record any more has neither content nor hash.
    const record = { ...columns, sequence: Number(columns.sequence), license: {} } as never
    return { record, differs: 'record' }
  }
}

async function listSources(db: Db): Promise<string[]> {
  const { rows } = await sql<{ source: string }>`
    select source from access_source union select distinct source from access_record`.execute(db)
  return rows.map(({ source }) => source)
}

/** What the database says has come of a source, both ends included. */
async function readSpans(db: Db, source: string): Promise<{ from: number; to: number }[]> {
  const { rows } = await sql<{ from: string; to: string }>`
    select lower(span) as "from", upper(span) - 1 as "to"
    from access_source, unnest(received) as span where source = ${source} order by 1`.execute(db)
  return rows.map(({ from, to }) => ({ from: Number(from), to: Number(to) }))
}

async function listConflicts(db: Db): Promise<AuditFault[]> {
  const rows = await db
    .selectFrom('access_conflict')
    .select(['source', 'sequence', 'hash'])
    .orderBy('source')
    .orderBy('sequence')
    .execute()
  return rows.map(({ source, sequence, hash }) => ({
    ...{ source, sequence: Number(sequence), fault: 'conflict' as const },
    detail: `another one with hash ${hash}`,
  }))
}
