import type { DirectoryKind } from '@lexchange/contracts'
import { type Kysely, sql, type Transaction } from 'kysely'

import type { DirectoryTables } from './directory.tables.ts'

/** Stores an entry unless a later revision of it is known. */
export async function saveEntry(
  trx: Transaction<DirectoryTables>,
  kind: DirectoryKind,
  value: { id: string; revision: number },
): Promise<void> {
  await trx
    .insertInto('directory_entry')
    .values({ kind, id: value.id, value: JSON.stringify(value), revision: value.revision })
    .onConflict((conflict) =>
      conflict
        .columns(['kind', 'id'])
        .doUpdateSet({
          value: sql`excluded.value`,
          revision: sql`excluded.revision`,
        })
        .where(sql<boolean>`excluded.revision > directory_entry.revision`),
    )
    .execute()
}

/** Changes whenever an entry does: revisions only grow, and none is ever deleted. */
export async function readMark(db: Kysely<DirectoryTables>): Promise<string> {
  const { rows } = await sql<{ mark: string }>`
    select count(*) || ' ' || coalesce(sum(revision), 0) as mark from directory_entry`.execute(db)
  return rows[0]?.mark ?? ''
}

export async function readEntries(db: Kysely<DirectoryTables>) {
  return db.selectFrom('directory_entry').select(['kind', 'id', 'value', 'revision']).execute()
}
