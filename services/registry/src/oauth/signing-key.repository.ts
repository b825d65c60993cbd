import { type Kysely, sql, type Transaction } from 'kysely'

import type { OAuthTables } from './oauth.tables.ts'
import type { SealedKey, SigningKey } from './signing.ts'

/** One replica at a time looks whether keys are due. */
const KEYS_LOCK = '7811900245937002'

export async function lockKeys(trx: Transaction<OAuthTables>): Promise<void> {
  await sql`select pg_advisory_xact_lock(${KEYS_LOCK})`.execute(trx)
}

/** Every key that has not been forgotten, oldest first. */
export async function listKeys(db: Kysely<OAuthTables>): Promise<SealedKey[]> {
  const rows = await db
    .selectFrom('signing_key')
    .select(['kid', 'public_jwk', 'sealed_private_jwk', 'created_at', 'active_from', 'retired_at'])
    .orderBy('active_from')
    .orderBy('kid')
    .execute()
  return rows.map((row) => ({
    kid: row.kid,
    publicJwk: row.public_jwk as SealedKey['publicJwk'],
    sealedPrivateJwk: row.sealed_private_jwk,
    createdAt: row.created_at,
    activeFrom: row.active_from,
    retiredAt: row.retired_at,
  }))
}

export async function insertKey(trx: Transaction<OAuthTables>, key: SealedKey): Promise<void> {
  await trx
    .insertInto('signing_key')
    .values({
      kid: key.kid,
      public_jwk: JSON.stringify(key.publicJwk),
      sealed_private_jwk: key.sealedPrivateJwk,
      created_at: key.createdAt,
      active_from: key.activeFrom,
      retired_at: key.retiredAt,
    })
    .execute()
}

/** The keys before this one stop signing when it begins. */
export async function retireKeysBefore(
  trx: Transaction<OAuthTables>,
  { kid, activeFrom }: SigningKey,
): Promise<void> {
  await trx
    .updateTable('signing_key')
    .set({ retired_at: activeFrom })
    .where('kid', '!=', kid)
    .where('retired_at', 'is', null)
    .execute()
}

/** Forgets keys whose last token ended long ago, private part and all. */
export async function deleteKeysRetiredBefore(
  trx: Transaction<OAuthTables>,
  time: Date,
): Promise<void> {
  await trx.deleteFrom('signing_key').where('retired_at', '<', time).execute()
}
