import { type Kysely, sql } from 'kysely'

import type { AccessRecordTables } from './access-record.tables.ts'

export type Partitions = {
  /** Makes sure of the partitions of these times, where they are not far from now. */
  ensure(times: readonly Date[]): Promise<void>
}

/** Records of other months than these go to the default partition: a clock that is wrong by years makes no table. */
const MONTHS_BACK = 36
const MONTHS_AHEAD = 24
const LOCK = '7811900245937287792'

/** Partitions of access_record by month (UTC); each is made once, and remembered. */
export function createPartitions(
  db: Kysely<AccessRecordTables>,
  now: () => Date = () => new Date(),
): Partitions {
  const known = new Set<number>()
  return {
    async ensure(times) {
      const present = monthOf(now())
      const months = new Set(times.map(monthOf))
      for (const month of months) {
        if (known.has(month)) continue
        if (month < present - MONTHS_BACK || month > present + MONTHS_AHEAD) continue
        await createPartition(db, month)
        known.add(month)
      }
    },
  }
}

/** Months since the year 0, so that they can be counted with. */
function monthOf(time: Date): number {
  return time.getUTCFullYear() * 12 + time.getUTCMonth()
}

function startOf(month: number): string {
  return new Date(Date.UTC(Math.floor(month / 12), month % 12, 1)).toISOString()
}

/** Made beside the table and attached, so that what the default partition has of it moves there. */
async function createPartition(db: Kysely<AccessRecordTables>, month: number): Promise<void> {
  const [from, to] = [startOf(month), startOf(month + 1)]
  const name = `access_record_${from.slice(0, 7).replace('-', '_')}`
  const table = sql.table(name)
  await db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)}::bigint)`.execute(trx)
    const { rows } = await sql<{ exists: boolean }>`
      select to_regclass(${name}) is not null as exists`.execute(trx)
    if (rows[0]?.exists) return
    await sql`create table ${table} (like access_record including defaults)`.execute(trx)
    await sql`
      with moved as (
        delete from access_record_default where at >= ${from}::timestamptz and at < ${to}::timestamptz
        returning *
      )
      insert into ${table} select * from moved`.execute(trx)
    await sql`
      alter table access_record attach partition ${table}
      for values from (${sql.lit(from)}) to (${sql.lit(to)})`.execute(trx)
  })
}
