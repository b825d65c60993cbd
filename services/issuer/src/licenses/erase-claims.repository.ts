import type { CloudEvent, IssuanceData } from '@lexchange/contracts'
import { getLicenseType, publicClaims } from '@lexchange/license'
import { sql, type Transaction } from 'kysely'

import type { LicenseTables } from './license.tables.ts'
import type { AnyLicense } from './license.ts'

/**
 * Deletes the data key of a license and all that it sealed, and what a version from before claims were
 * sealed still has in the clear. What keeps a copy, e.g. a backup, keeps what no key opens any more.
 */
export async function deleteSealed(
  trx: Transaction<LicenseTables>,
  { id, type }: AnyLicense,
  at: Date,
): Promise<void> {
  const { classification } = getLicenseType(type)
  const everything = Object.fromEntries(Object.keys(classification).map((name) => [name, true]))
  const names = Object.keys(publicClaims(getLicenseType(type), everything))
  const claims = sql`(select coalesce(json_object_agg(key, value), '{}'::json)
    from json_each(claims) where key = any(${names}::text[]))`
  const holder = sql`case when holder ->> 'kind' = 'person' then '{"kind":"person"}'::json
    else holder end`
  await sql`
    with versions as (
      update license_version set sealed = null, claims = ${claims}, holder = ${holder}
      where license_id = ${id}
    ), credentials as (
      update credential set sealed = null, credential = split_part(credential, '~', 1) || '~'
      where license_id = ${id}
    ), intents as (
      delete from signing_intent where license_id = ${id}
    )
    update license set sealed = null, data_key = null, claims_erased_at = ${at},
      claims_sealed = true, claims = ${claims}, holder = ${holder}
    where id = ${id}`.execute(trx)
  await takeOutOfOutbox(trx, id)
}

/** What was to be published, or could be once more. The rows stay: a relay may be publishing one. */
async function takeOutOfOutbox(trx: Transaction<LicenseTables>, id: string): Promise<void> {
  const rows = await trx
    .selectFrom('outbox')
    .select(['id', 'message'])
    .where('ordering_key', '=', id)
    .where('message', 'like', '%"sealedClaims"%')
    .execute()
  const messages = rows.map(({ message }) => {
    const event = JSON.parse(message) as CloudEvent<IssuanceData>
    const { sealedClaims: _, ...data } = event.data
    return JSON.stringify({ ...event, data })
  })
  await sql`
    update outbox set message = cleaned.message
    from unnest(${rows.map((row) => row.id)}::bigint[], ${messages}::text[])
      as cleaned (id, message)
    where outbox.id = cleaned.id`.execute(trx)
}
