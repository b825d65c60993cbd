import { isDeepStrictEqual } from 'node:util'

import type { Transaction } from 'kysely'

import { insertEntry, lockEntry, updateEntry } from './directory.repository.ts'
import type { DirectoryTables } from './directory.tables.ts'
import type { Entry, EntryData } from './entry.ts'
import { type Act, announceChange } from './register-entry.ts'

type PublishedKind = 'key' | 'authority-keys' | 'agreement'

/**
 * Announces an entry that is made elsewhere, if it differs from the one announced last. The caller
 * holds a lock that only one transaction has.
 */
export async function publishEntry<Kind extends PublishedKind>(
  trx: Transaction<DirectoryTables>,
  kind: Kind,
  data: EntryData[Kind],
  act: Act,
): Promise<Entry<Kind>> {
  const present = await lockEntry(trx, kind, data.id)
  if (present && isDeepStrictEqual(present.data, data)) return present
  const entry: Entry<Kind> = {
    kind,
    revision: (present?.revision ?? 0) + 1,
    data,
    publicKey: null,
    createdAt: present?.createdAt ?? act.now,
    updatedAt: act.now,
  }
  if (present) await updateEntry(trx, entry)
  else await insertEntry(trx, entry)
  await announceChange(trx, entry, present ? 'changed' : 'registered', act)
  return entry
}
