import type { KeyEncryption } from '@lexchange/encryption'
import type { Kysely } from 'kysely'

import { findWrappedByOthers, replaceWrapped, type WrappedKey } from './data-key.repository.ts'
import type { SealedTables } from './sealed-claims.tables.ts'

const BATCH = 500

/** Behind all licenses. */
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/**
 * Wraps data keys anew that another key-encryption key than the current one wraps, in batches. Of a
 * key-encryption key that unwraps none of a batch no more are tried.
 */
export async function rewrapDataKeys(
  db: Kysely<SealedTables>,
  keys: KeyEncryption,
): Promise<{ rewrapped: number; stuck: boolean }> {
  const outcome = { rewrapped: 0, stuck: false }
  let after: WrappedKey | undefined
  for (;;) {
    const batch = await findWrappedByOthers(db, keys.currentKeyId(), after, BATCH)
    const last = batch.at(-1)
    if (!last) return outcome
    const results = await Promise.all(batch.map((key) => rewrap(keys, key)))
    const changes = results.filter((change) => change !== undefined)
    if (changes.length > 0) await replaceWrapped(db, changes)
    outcome.rewrapped += changes.length
    outcome.stuck ||= changes.length < batch.length
    after = changes.length > 0 ? last : { ...last, licenseId: LAST_ID }
  }
}

async function rewrap(keys: KeyEncryption, { licenseId, wrapped: old }: WrappedKey) {
  try {
    return {
      licenseId,
      old,
      wrapped: await keys.wrap(await keys.unwrap(old, licenseId), licenseId),
    }
  } catch {
    return undefined
  }
}
