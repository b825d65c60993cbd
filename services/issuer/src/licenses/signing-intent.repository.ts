import { type Kysely, sql, type Transaction } from 'kysely'

import type { CredentialDraft } from './credential-draft.ts'
import type { LicenseTables } from './license.tables.ts'
import type { StoredIntent } from './sealed-intent.ts'
import { publicState } from './sealed-state.ts'
import {
  changeFromJson,
  licenseFromJson,
  type SealedParts,
  type SigningIntent,
} from './signing-intent.ts'

/** How long who has made or taken an intent may work on it before others may. */
const CLAIM = sql<Date>`clock_timestamp() + interval '20 seconds'`

type Row = {
  id: string
  command: string | null
  request_hash: string | null
  kid: string
  license: unknown
  change: unknown
  draft: unknown
  sealed: unknown
  data_key: string | null
  claimed: boolean
}

const COLUMNS = sql`id, command, request_hash, kid, license, change, draft, sealed, data_key,
  coalesce(claimed_until > clock_timestamp(), false) as claimed`

/** Intents of these commands, locked. */
export async function findIntentsOfCommands(
  trx: Transaction<LicenseTables>,
  commands: readonly string[],
): Promise<StoredIntent[]> {
  if (commands.length === 0) return []
  const { rows } = await sql<Row>`select ${COLUMNS} from signing_intent
    where command = any(${commands}::text[]) order by id for update`.execute(trx)
  return rows.map(toIntent)
}

/** The intent of a license, locked; there is one at most. */
export async function findIntentOfLicense(
  trx: Transaction<LicenseTables>,
  licenseId: string,
): Promise<StoredIntent | undefined> {
  const { rows } = await sql<Row>`select ${COLUMNS} from signing_intent
    where license_id = ${licenseId} for update`.execute(trx)
  return rows[0] && toIntent(rows[0])
}

/** Stores intents, claimed; one that was abandoned by another command on its license gives way. */
export async function saveIntents(
  trx: Transaction<LicenseTables>,
  intents: readonly SigningIntent[],
): Promise<void> {
  if (intents.length === 0) return
  const rows = JSON.stringify(
    intents.map(({ requestHash, license: { dataKey, ...license }, draft, ...intent }) => ({
      ...intent,
      request_hash: requestHash,
      license_id: license.id,
      version: license.state.version,
      license: { ...license, state: { ...license.state, ...publicState(license) } },
      draft: { ...draft, disclosures: [] },
      data_key: dataKey?.wrapped,
    })),
  )
  await sql`
    insert into signing_intent (id, license_id, version, kid, command, request_hash, license,
      change, draft, sealed, data_key, claimed_until)
    select id, license_id, version, kid, command, request_hash, license, change, draft,
      sealed, data_key, ${CLAIM}
    from json_to_recordset(${rows}::json) as intent (id uuid, license_id uuid, version integer,
      kid text, command text, request_hash text, license json, change json, draft json, sealed json,
      data_key text)
    on conflict (license_id) do update set id = excluded.id, version = excluded.version,
      kid = excluded.kid, command = excluded.command, request_hash = excluded.request_hash,
      license = excluded.license, change = excluded.change, draft = excluded.draft,
      sealed = excluded.sealed, data_key = excluded.data_key,
      claimed_until = excluded.claimed_until`.execute(trx)
}

/** Takes intents out, for good: which of them were still there. */
export async function takeIntents(
  trx: Transaction<LicenseTables>,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    delete from signing_intent where id = any(${ids}::uuid[]) returning id`.execute(trx)
  return new Set(rows.map(({ id }) => id))
}

/** Lets others complete them at once. */
export async function releaseIntents(
  db: Kysely<LicenseTables>,
  ids: readonly string[],
): Promise<void> {
  await sql`update signing_intent set claimed_until = null where id = any(${ids}::uuid[])`.execute(
    db,
  )
}

/** Deletes what no command can complete any more: answers are kept for a day. */
export async function dropOldIntents(db: Kysely<LicenseTables>): Promise<void> {
  await sql`delete from signing_intent where created_at < now() - interval '25 hours'
    and coalesce(claimed_until < now(), true)`.execute(db)
}

function toIntent(row: Row): StoredIntent {
  return {
    id: row.id,
    command: row.command,
    requestHash: row.request_hash,
    kid: row.kid,
    license: licenseFromJson(row.license),
    change: changeFromJson(row.change),
    draft: row.draft as CredentialDraft,
    sealed: row.sealed as SealedParts | null,
    wrappedKey: row.data_key,
    claimed: row.claimed,
  }
}
