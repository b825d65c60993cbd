import {
  EncryptionUnavailableError,
  type KeyEncryption,
  keyIdOf,
  newDataKey,
} from '@lexchange/encryption'
import type { Kysely } from 'kysely'

import type { SealedTables } from './sealed-claims.tables.ts'

const ABOUT = 'registry-search'

/** The key of the hashes that personal and secret claims are searched by. */
export type SearchKey = (db: Kysely<SealedTables>) => Promise<Uint8Array>

/** Reads the key once; makes it where there is none. */
export function createSearchKey(keys: KeyEncryption): SearchKey {
  let known: Uint8Array | undefined
  return async (db) => {
    if (known) return known
    const wrapped = await findWrapped(db)
    if (wrapped !== undefined) {
      known = await keys.unwrap(wrapped, ABOUT)
      return known
    }
    await db
      .insertInto('search_key')
      .values({ id: 1, wrapped: await keys.wrap(newDataKey(), ABOUT) })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    // Not kept: the transaction that has made it may yet be rolled back.
    return keys.unwrap((await findWrapped(db)) ?? '', ABOUT)
  }
}

async function findWrapped(db: Kysely<SealedTables>): Promise<string | undefined> {
  const row = await db.selectFrom('search_key').select('wrapped').executeTakeFirst()
  return row?.wrapped
}

/** Where its key-encryption key is missing, it waits for it. */
export async function rewrapSearchKey(
  db: Kysely<SealedTables>,
  keys: KeyEncryption,
): Promise<void> {
  const old = await findWrapped(db)
  if (old === undefined || keyIdOf(old) === keys.currentKeyId()) return
  try {
    const wrapped = await keys.wrap(await keys.unwrap(old, ABOUT), ABOUT)
    await db.updateTable('search_key').set({ wrapped }).where('wrapped', '=', old).execute()
  } catch (error) {
    if (!(error instanceof EncryptionUnavailableError)) throw error
  }
}
