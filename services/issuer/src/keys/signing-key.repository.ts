import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'

import type { SigningKey } from './key.ts'
import type { SigningKeyTables } from './signing-key.tables.ts'

const COLUMNS = [
  'kid',
  'authority_id',
  'public_jwk',
  'created_at',
  'signs_from',
  'compromised_since',
] as const

/** One transaction at a time changes keys. */
export async function lockKeys(trx: Transaction<SigningKeyTables>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('signing-keys', 3))`.execute(trx)
}

/** Every key of every authority, oldest first. */
export async function listKeys(db: Kysely<SigningKeyTables>): Promise<SigningKey[]> {
  const rows = await db
    .selectFrom('signing_key')
    .select(COLUMNS)
    .orderBy('signs_from')
    .orderBy('kid')
    .execute()
  return rows.map(toKey)
}

export async function insertKey(
  trx: Transaction<SigningKeyTables>,
  key: Omit<SigningKey, 'publicJwk' | 'compromisedSince'>,
): Promise<void> {
  await trx
    .insertInto('signing_key')
    .values({
      kid: key.kid,
      authority_id: key.authorityId,
      public_jwk: null,
      created_at: key.createdAt,
      signs_from: key.signsFrom,
      compromised_since: null,
    })
    .execute()
}

/** False where another process has completed it: what it began to sign must not lie before `nbf`. */
export async function savePublicJwk(
  trx: Transaction<SigningKeyTables>,
  kid: string,
  jwk: object,
  signsFrom: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('signing_key')
    .set({ public_jwk: JSON.stringify(jwk), signs_from: signsFrom })
    .where('kid', '=', kid)
    .where('public_jwk', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** The earlier of two times stays. */
export async function saveCompromise(
  trx: Transaction<SigningKeyTables>,
  kid: string,
  since: Date,
): Promise<void> {
  await trx
    .updateTable('signing_key')
    .set({ compromised_since: sql`least(compromised_since, ${since}::timestamptz)` })
    .where('kid', '=', kid)
    .execute()
}

function toKey(row: Selectable<SigningKeyTables['signing_key']>): SigningKey {
  return {
    kid: row.kid,
    authorityId: row.authority_id,
    publicJwk: (row.public_jwk as SigningKey['publicJwk'] | null) ?? undefined,
    createdAt: row.created_at,
    signsFrom: row.signs_from,
    compromisedSince: row.compromised_since,
  }
}
