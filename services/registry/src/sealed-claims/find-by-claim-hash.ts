import { hashValue } from '@lexchange/encryption'
import { type Claims, comparableClaim } from '@lexchange/license'
import type { Kysely, Transaction } from 'kysely'

import type { SealedTables } from './sealed-claims.tables.ts'
import type { SearchKey } from './search-key.ts'

type Asked = { type: string; field: string; value: unknown }
type Place = { type: string; licenseId: string; version: number }

/** Undefined for what is no claim. */
function hashOf(key: Uint8Array, { type, field, value }: Asked): string | undefined {
  const comparable = comparableClaim(value)
  return comparable === undefined
    ? undefined
    : hashValue(key, `search ${type} ${field}`, comparable)
}

/** Versions in which a personal or secret claim has a value, by its keyed hash; newest license first. */
export async function findByClaimHash(
  db: Kysely<SealedTables>,
  { searchKey }: { searchKey: SearchKey },
  asked: Asked,
  limit = 100,
): Promise<{ licenseId: string; version: number }[]> {
  const hash = hashOf(await searchKey(db), asked)
  if (hash === undefined) return []
  const rows = await db
    .selectFrom('claim_hash')
    .select(['license_id', 'version'])
    .where('type', '=', asked.type)
    .where('field', '=', asked.field)
    .where('hash', '=', hash)
    .orderBy('license_id', 'desc')
    .orderBy('version', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ licenseId: row.license_id, version: row.version }))
}

export async function insertClaimHashes(
  trx: Transaction<SealedTables>,
  searchKey: SearchKey,
  { type, licenseId, version }: Place,
  claims: Claims,
): Promise<void> {
  const key = await searchKey(trx)
  const rows = Object.entries(claims).flatMap(([field, value]) => {
    const hash = hashOf(key, { type, field, value })
    return hash === undefined ? [] : [{ type, field, hash, license_id: licenseId, version }]
  })
  if (rows.length > 0) await trx.insertInto('claim_hash').values(rows).execute()
}
