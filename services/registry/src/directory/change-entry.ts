import type { Transaction } from 'kysely'

import { checkPublicKey } from './check-entry.ts'
import { DirectoryEntryNotFoundError } from './directory.errors.ts'
import { lockEntry, updateEntry } from './directory.repository.ts'
import type { DirectoryTables } from './directory.tables.ts'
import type { Entry, EntryData, EntryKind, PublicKeyJwk } from './entry.ts'
import { type Act, announceChange, checkEntry, completed } from './register-entry.ts'

export type EntryChange<Kind extends EntryKind> = {
  data: Partial<EntryData[Kind]>
  /** Optional members that are taken away. */
  without?: readonly string[]
  publicKey?: PublicKeyJwk | undefined
}

/** docs/flows/change-directory.md @throws DirectoryEntryNotFoundError, DirectoryEntryInvalidError */
export async function changeEntry<Kind extends EntryKind>(
  trx: Transaction<DirectoryTables>,
  kind: Kind,
  id: string,
  change: EntryChange<Kind>,
  requireRevision: (revision: number) => void,
  act: Act,
): Promise<Entry<Kind>> {
  const present = await lockEntry(trx, kind, id)
  if (!present) throw new DirectoryEntryNotFoundError(kind, id)
  requireRevision(present.revision)
  const entry: Entry<Kind> = {
    ...present,
    revision: present.revision + 1,
    data: completed(kind, changedData(present.data, change), present.data, act.now),
    publicKey: change.publicKey ? checkPublicKey(change.publicKey) : present.publicKey,
    updatedAt: act.now,
  }
  await checkEntry(trx, entry)
  await updateEntry(trx, entry)
  await announceChange(trx, entry, 'changed', act)
  return entry
}

function changedData<Kind extends EntryKind>(
  present: EntryData[Kind],
  { data, without = [] }: EntryChange<Kind>,
): EntryData[Kind] {
  const kept = Object.entries({ ...present, ...data }).filter(([name]) => !without.includes(name))
  return Object.fromEntries(kept) as EntryData[Kind]
}
