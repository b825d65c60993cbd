import type { AccessRecord } from '@lexchange/contracts'
import { type Kysely, type SqlBool, sql } from 'kysely'

import { type AccessRecordTables, positionOf, type RecordPage } from '../access-records/index.ts'
import type { HoldTables } from './secrecy-hold.tables.ts'

/** What was asked about a holder, the latest first, without what is held back at the moment. */
export async function listHolderRecords(
  db: Kysely<AccessRecordTables & HoldTables>,
  { holder, from, to }: { holder: string; from?: Date | undefined; to?: Date | undefined },
  { before, limit }: RecordPage,
  now: Date,
): Promise<AccessRecord[]> {
  let query = db
    .selectFrom('access_record')
    .select('record')
    .where('holder', '=', holder)
    .where((eb) => eb.and([notHeld(now), ...positionOf(before)]))
  if (from !== undefined) query = query.where('at', '>=', from)
  if (to !== undefined) query = query.where('at', '<', to)
  const rows = await query.orderBy('at', 'desc').orderBy('id', 'desc').limit(limit).execute()
  return rows.map(({ record }) => JSON.parse(record))
}

/** A hold covers records that have all that it names. */
function notHeld(now: Date) {
  return sql<SqlBool>`not exists (
    select from secrecy_hold as hold
    where hold.ended_at is null and hold.until > ${now}::timestamptz
      and (hold.department is null or hold.department = access_record.department)
      and (hold.case_ref is null or hold.case_ref = access_record.case_ref)
      and (hold.agreement is null or hold.agreement = access_record.agreement))`
}
