import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'

import type { DirectoryTables } from './directory.tables.ts'
import type { Entry, EntryData, EntryKind, PublicKeyJwk } from './entry.ts'

const COLUMNS = [
  'kind',
  'id',
  'revision',
  'data',
  'public_key',
  'created_at',
  'updated_at',
] as const

type Row = Selectable<DirectoryTables['directory_entry']>

export async function findEntry<Kind extends EntryKind>(
  db: Kysely<DirectoryTables> | Transaction<DirectoryTables>,
  kind: Kind,
  id: string,
): Promise<Entry<Kind> | undefined> {
  const row = await db
    .selectFrom('directory_entry')
    .select(COLUMNS)
    .where('kind', '=', kind)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toEntry<Kind>(row)
}

/** The authority whose keys are those of an issuer. */
export async function findKeysOwner(
  trx: Transaction<DirectoryTables>,
  issuer: string,
): Promise<string | undefined> {
  const row = await trx
    .selectFrom('directory_entry')
    .select('id')
    .where('kind', '=', 'authority-keys')
    .where(sql`data ->> 'issuer'`, '=', issuer)
    .executeTakeFirst()
  return row?.id
}

/** Two changes of one entry follow each other, so that revisions grow by one. */
export async function lockEntry<Kind extends EntryKind>(
  trx: Transaction<DirectoryTables>,
  kind: Kind,
  id: string,
): Promise<Entry<Kind> | undefined> {
  const row = await trx
    .selectFrom('directory_entry')
    .select(COLUMNS)
    .where('kind', '=', kind)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row && toEntry<Kind>(row)
}

export async function listEntries<Kind extends EntryKind>(
  db: Kysely<DirectoryTables>,
  kind: Kind,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<Entry<Kind>[]> {
  const rows = await db
    .selectFrom('directory_entry')
    .select(COLUMNS)
    .where('kind', '=', kind)
    .$if(after !== undefined, (query) => query.where('id', '>', after as string))
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map((row) => toEntry<Kind>(row))
}

/** Returns false when the id is taken. */
export async function insertEntry(
  trx: Transaction<DirectoryTables>,
  entry: Entry,
): Promise<boolean> {
  const inserted = await trx
    .insertInto('directory_entry')
    .values({
      kind: entry.kind,
      id: entry.data.id,
      revision: entry.revision,
      data: JSON.stringify(entry.data),
      public_key: entry.publicKey && JSON.stringify(entry.publicKey),
      created_at: entry.createdAt,
      updated_at: entry.updatedAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  return inserted !== undefined
}

export async function updateEntry(trx: Transaction<DirectoryTables>, entry: Entry): Promise<void> {
  await trx
    .updateTable('directory_entry')
    .set({
      revision: entry.revision,
      data: JSON.stringify(entry.data),
      public_key: entry.publicKey && JSON.stringify(entry.publicKey),
      updated_at: entry.updatedAt,
    })
    .where('kind', '=', entry.kind)
    .where('id', '=', entry.data.id)
    .execute()
}

function toEntry<Kind extends EntryKind>(row: Row): Entry<Kind> {
  return {
    kind: row.kind as Kind,
    revision: row.revision,
    data: row.data as EntryData[Kind],
    publicKey: row.public_key as PublicKeyJwk | null,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
