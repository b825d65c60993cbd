import type { AccessRecord } from '@lexchange/contracts'
import { sql, type Transaction } from 'kysely'

import type { AccessRecordTables } from './access-record.tables.ts'
import { columnsOf, type RecordColumns } from './columns.ts'

type Trx = Transaction<AccessRecordTables>

/** Holds the sources until the transaction ends, so that nobody else takes their records meanwhile. */
export async function lockSources(trx: Trx, sources: readonly string[]): Promise<void> {
  const sorted = [...sources].sort()
  await sql`
    insert into access_source (source) select unnest(${sorted}::text[])
    on conflict do nothing`.execute(trx)
  await sql`
    select source from access_source where source = any(${sorted}::text[])
    order by source for update`.execute(trx)
}

/** Places (from 0) of the records that have not come before. */
export async function findNew(trx: Trx, records: readonly AccessRecord[]): Promise<number[]> {
  const { rows } = await sql<{ place: string }>`
    select given.place - 1 as place
    from unnest(${records.map(({ source }) => source)}::text[],
      ${records.map(({ sequence }) => String(sequence))}::bigint[])
      with ordinality as given (source, sequence, place)
    join access_source using (source)
    where not access_source.received @> given.sequence
    order by given.place`.execute(trx)
  return rows.map(({ place }) => Number(place))
}

const COLUMNS = {
  at: 'timestamptz',
  id: 'uuid',
  source: 'text',
  sequence: 'bigint',
  hash: 'text',
  department: 'text',
  client: 'text',
  action: 'text',
  license_type: 'text',
  license_number: 'text',
  license_id: 'text',
  holder: 'text',
  purpose: 'text',
  case_ref: 'text',
  agreement: 'text',
  outcome: 'text',
  refused: 'boolean',
} as const satisfies Record<keyof RecordColumns, string>

/** One statement for all, each column as an array. */
export async function insertRecords(trx: Trx, records: readonly AccessRecord[]): Promise<void> {
  const rows = records.map(columnsOf)
  const names = Object.keys(COLUMNS) as (keyof RecordColumns)[]
  const arrays = names.map(
    (name) => sql`${rows.map((row) => row[name])}::${sql.raw(`${COLUMNS[name]}[]`)}`,
  )
  arrays.push(sql`${records.map((record) => JSON.stringify(record))}::text[]`)
  const columns = [...names, 'record'].map((name) => sql.ref(name))
  await sql`
    insert into access_record (${sql.join(columns)}) select * from unnest(${sql.join(arrays)})
    `.execute(trx)
}

/** Their sequences count as come from now on. */
export async function markReceived(trx: Trx, records: readonly AccessRecord[]): Promise<void> {
  await sql`
    update access_source set received = access_source.received + come.sequences
    from (
      select source, range_agg(int8range(sequence, sequence, '[]')) as sequences
      from unnest(${records.map(({ source }) => source)}::text[],
        ${records.map(({ sequence }) => String(sequence))}::bigint[]) as given (source, sequence)
      group by source
    ) as come
    where come.source = access_source.source`.execute(trx)
}

/** The rules look at these days of these departments. */
export async function markDue(
  trx: Trx,
  days: readonly { department: string; day: string }[],
): Promise<void> {
  if (days.length === 0) return
  await sql`
    insert into tally_due (department, day)
    select * from unnest(${days.map(({ department }) => department)}::text[],
      ${days.map(({ day }) => day)}::date[])
    on conflict (department, day) do update set since = tally_due.since`.execute(trx)
}

/**
 * What comes under a number that is taken, with another content, is kept beside: a source never does
 * that, so somebody speaks for it, or it has lost its memory.
 */
export async function keepConflicts(trx: Trx, repeated: readonly AccessRecord[]): Promise<number> {
  if (repeated.length === 0) return 0
  const { numAffectedRows } = await sql`
    insert into access_conflict (source, sequence, hash, record)
    select given.* from unnest(${repeated.map(({ source }) => source)}::text[],
      ${repeated.map(({ sequence }) => String(sequence))}::bigint[],
      ${repeated.map(({ hash }) => hash)}::text[],
      ${repeated.map((record) => JSON.stringify(record))}::text[])
      as given (source, sequence, hash, record)
    where not exists (
      select from access_record as kept
      where kept.source = given.source and kept.sequence = given.sequence
        and kept.record = given.record)
    on conflict do nothing`.execute(trx)
  return Number(numAffectedRows ?? 0)
}
