import { type Kysely, sql, type Transaction } from 'kysely'

import type { EncryptionJwk } from './encryption-key.ts'
import type { SealedTables } from './sealed-claims.tables.ts'

/** One replica at a time looks whether a key is due. */
const KEYS_LOCK = '7811900245937003'

export type StoredKey = { jwk: EncryptionJwk; wrapped: string; createdAt: Date }

export async function lockEncryptionKeys(trx: Transaction<SealedTables>): Promise<void> {
  await sql`select pg_advisory_xact_lock(${KEYS_LOCK})`.execute(trx)
}

/** All there ever were, oldest first. */
export async function listEncryptionKeys(db: Kysely<SealedTables>): Promise<StoredKey[]> {
  const rows = await db
    .selectFrom('encryption_key')
    .select(['public_jwk', 'wrapped_private_key', 'created_at'])
    .orderBy('created_at')
    .orderBy('kid')
    .execute()
  return rows.map((row) => ({
    jwk: row.public_jwk as EncryptionJwk,
    wrapped: row.wrapped_private_key,
    createdAt: row.created_at,
  }))
}

export async function findEncryptionKey(
  db: Kysely<SealedTables>,
  kid: string,
): Promise<{ jwk: EncryptionJwk; wrapped: string } | undefined> {
  const row = await db
    .selectFrom('encryption_key')
    .select(['public_jwk', 'wrapped_private_key'])
    .where('kid', '=', kid)
    .executeTakeFirst()
  return row && { jwk: row.public_jwk as EncryptionJwk, wrapped: row.wrapped_private_key }
}

export async function insertEncryptionKey(
  trx: Transaction<SealedTables>,
  { jwk, wrapped, createdAt }: StoredKey,
): Promise<void> {
  await trx
    .insertInto('encryption_key')
    .values({
      kid: jwk.kid,
      public_jwk: JSON.stringify(jwk),
      wrapped_private_key: wrapped,
      created_at: createdAt,
    })
    .execute()
}

export async function updateWrappedPrivateKey(
  trx: Transaction<SealedTables>,
  kid: string,
  wrapped: string,
): Promise<void> {
  await trx
    .updateTable('encryption_key')
    .set({ wrapped_private_key: wrapped })
    .where('kid', '=', kid)
    .execute()
}
