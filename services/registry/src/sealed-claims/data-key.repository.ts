import type { SealedFields } from '@lexchange/contracts'
import { keyIdOf } from '@lexchange/encryption'
import { type Kysely, sql, type Transaction } from 'kysely'

import type { SealedTables } from './sealed-claims.tables.ts'

/** The wrapped data key of a license; `erased` once and for all. */
export async function findDataKey(
  db: Kysely<SealedTables>,
  licenseId: string,
): Promise<string | 'erased' | undefined> {
  const row = await db
    .selectFrom('data_key')
    .select('wrapped')
    .where('license_id', '=', licenseId)
    .executeTakeFirst()
  return row && (row.wrapped ?? 'erased')
}

export async function insertDataKey(
  trx: Transaction<SealedTables>,
  licenseId: string,
  wrapped: string,
): Promise<void> {
  await trx
    .insertInto('data_key')
    .values({ license_id: licenseId, wrapped, key_id: keyIdOf(wrapped), erased_at: null })
    .execute()
}

export async function insertSealedClaims(
  trx: Transaction<SealedTables>,
  licenseId: string,
  version: number,
  fields: SealedFields,
): Promise<void> {
  await trx
    .insertInto('sealed_claims')
    .values({ license_id: licenseId, version, fields: JSON.stringify(fields) as never })
    .execute()
}

/** Deletes the data key and all that it sealed; keeps when, so that nothing comes again. */
export async function deleteDataKey(
  trx: Transaction<SealedTables>,
  licenseId: string,
  erasedAt: Date,
): Promise<void> {
  await trx
    .insertInto('data_key')
    .values({ license_id: licenseId, wrapped: null, key_id: null, erased_at: erasedAt })
    .onConflict((conflict) =>
      conflict
        .column('license_id')
        .doUpdateSet({ wrapped: null, key_id: null, erased_at: erasedAt })
        .where('data_key.erased_at', 'is', null),
    )
    .execute()
  for (const table of ['sealed_claims', 'claim_hash'] as const)
    await trx.deleteFrom(table).where('license_id', '=', licenseId).execute()
}

export type WrappedKey = { licenseId: string; wrapped: string }

/** Data keys that another key-encryption key wraps, a page of them. */
export async function findWrappedByOthers(
  db: Kysely<SealedTables>,
  keyId: string,
  after: WrappedKey | undefined,
  limit: number,
): Promise<WrappedKey[]> {
  const { rows } = await sql<{ license_id: string; wrapped: string }>`
    select license_id, wrapped from data_key
    where wrapped is not null and (key_id < ${keyId} or key_id > ${keyId})
      and (key_id, license_id) > (${after ? keyIdOf(after.wrapped) : ''},
        ${after?.licenseId ?? '00000000-0000-0000-0000-000000000000'}::uuid)
    order by key_id, license_id limit ${limit}`.execute(db)
  return rows.map((row) => ({ licenseId: row.license_id, wrapped: row.wrapped }))
}

/** Where a key was erased or wrapped anew meanwhile, that stays. */
export async function replaceWrapped(
  db: Kysely<SealedTables>,
  changes: readonly { licenseId: string; old: string; wrapped: string }[],
): Promise<void> {
  await sql`
    update data_key set wrapped = change.fresh, key_id = split_part(change.fresh, '.', 2)
    from unnest(${changes.map(({ licenseId }) => licenseId)}::uuid[],
      ${changes.map(({ old }) => old)}::text[],
      ${changes.map(({ wrapped }) => wrapped)}::text[]) as change (id, old, fresh)
    where data_key.license_id = change.id and data_key.wrapped = change.old`.execute(db)
}

export async function countWrappedByOthers(
  db: Kysely<SealedTables>,
  keyId: string,
): Promise<{ keyId: string; count: number }[]> {
  const { rows } = await sql<{ key_id: string; count: string }>`
    select key_id, count(*) as count from data_key
    where wrapped is not null and (key_id < ${keyId} or key_id > ${keyId})
    group by key_id`.execute(db)
  return rows.map((row) => ({ keyId: row.key_id, count: Number(row.count) }))
}
