import { isDeepStrictEqual } from 'node:util'

import type { Transaction } from 'kysely'

import { insertEntry, lockEntry, updateEntry } from './directory.repository.ts'
import type { DirectoryTables } from './directory.tables.ts'
import type { Entry, EntryData } from './entry.ts'
import { announceChange } from './register-entry.ts'

/**
 * Announces the keys that access tokens are checked with, if they differ from those announced last.
 * The caller holds the lock that only one replica has.
 */
export async function publishKeys(
  trx: Transaction<DirectoryTables>,
  data: EntryData['key'],
  now: Date,
): Promise<void> {
  const present = await lockEntry(trx, 'key', data.id)
  if (present && isDeepStrictEqual(present.data, data)) return
  const entry: Entry<'key'> = {
    kind: 'key',
    revision: (present?.revision ?? 0) + 1,
    data,
    publicKey: null,
    createdAt: present?.createdAt ?? now,
    updatedAt: now,
  }
  if (present) await updateEntry(trx, entry)
  else await insertEntry(trx, entry)
  await announceChange(trx, entry, present ? 'changed' : 'registered', { by: 'registry', now })
}
