import { appendToOutbox } from '@lexchange/postgres'
import type { Transaction } from 'kysely'

import { recordAudit } from '../audit/index.ts'
import { checkAuthority, checkClient, checkDepartment, checkPublicKey } from './check-entry.ts'
import { DirectoryEntryExistsError, DirectoryEntryInvalidError } from './directory.errors.ts'
import { entryEvent } from './directory.events.ts'
import { findEntry, insertEntry } from './directory.repository.ts'
import type { DirectoryTables } from './directory.tables.ts'
import { withEntitlements } from './entitlement.ts'
import type { Entry, EntryData, EntryKind, PublicKeyJwk } from './entry.ts'

/** Who acts, and when. */
export type Act = { by: string; now: Date; traceparent?: string | undefined }

/** docs/flows/change-directory.md @throws DirectoryEntryExistsError, DirectoryEntryInvalidError */
export async function registerEntry<Kind extends EntryKind>(
  trx: Transaction<DirectoryTables>,
  kind: Kind,
  data: EntryData[Kind],
  publicKey: PublicKeyJwk | null,
  act: Act,
): Promise<Entry<Kind>> {
  const entry: Entry<Kind> = {
    kind,
    revision: 1,
    data: completed(kind, data, undefined, act.now),
    publicKey: publicKey && checkPublicKey(publicKey),
    createdAt: act.now,
    updatedAt: act.now,
  }
  await checkEntry(trx, entry)
  if (!(await insertEntry(trx, entry))) throw new DirectoryEntryExistsError(kind, data.id)
  await announceChange(trx, entry, 'registered', act)
  return entry
}

/** The entry with what follows from its change. */
export function completed<Kind extends EntryKind>(
  kind: Kind,
  data: EntryData[Kind],
  before: EntryData[Kind] | undefined,
  now: Date,
): EntryData[Kind] {
  if (kind !== 'authority') return data
  const authorities = [data, before] as [EntryData['authority'], EntryData['authority'] | undefined]
  return withEntitlements(...authorities, now) as EntryData[Kind]
}

/** The change is recorded and announced in the transaction that makes it. */
export async function announceChange(
  trx: Transaction<DirectoryTables>,
  entry: Entry,
  change: 'registered' | 'changed',
  { by, now, traceparent }: Act,
): Promise<void> {
  await recordAudit(trx, {
    at: now,
    action: `${entry.kind}.${change}`,
    subject: entry.data.id,
    by,
    detail: { ...entry.data, revision: entry.revision },
  })
  await appendToOutbox(trx, entryEvent(entry, traceparent))
}

export async function checkEntry(trx: Transaction<DirectoryTables>, entry: Entry): Promise<void> {
  if (entry.kind === 'authority') checkAuthority(entry.data as EntryData['authority'])
  if (entry.kind === 'department') checkDepartment(entry.data as EntryData['department'])
  if (entry.kind !== 'client') return
  const client = entry.data as EntryData['client']
  checkClient(client)
  await requireRegistered(trx, 'authority', client.authorityId)
  await requireRegistered(trx, 'department', client.departmentId)
}

async function requireRegistered(
  trx: Transaction<DirectoryTables>,
  kind: 'authority' | 'department',
  id: string | undefined,
): Promise<void> {
  if (id !== undefined && !(await findEntry(trx, kind, id)))
    throw new DirectoryEntryInvalidError(`/${kind}Id`, `names no ${kind} of the directory`)
}
