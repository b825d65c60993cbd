import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'

import type { ImportState, ImportTables } from './import.tables.ts'
import type { ReceivedRow } from './received-row.ts'

export type Import = Selectable<ImportTables['import']>

/** So many errors of an import are kept; all are counted. */
const MAX_ERRORS = 10_000

export type RowError = { row: number; pointer: string; detail: string }

const COLUMNS = [
  'id',
  'authority_id',
  'by_client',
  'type',
  'accept_legacy_uscc',
  'traceparent',
  'state',
  'rows',
  'imported',
  'rejected',
  'error_count',
  'created_at',
  'touched_at',
  'data_key',
] as const

export type NewImport = Pick<
  Import,
  'id' | 'authority_id' | 'by_client' | 'type' | 'accept_legacy_uscc' | 'traceparent' | 'data_key'
>

export async function insertImport(db: Kysely<ImportTables>, created: NewImport): Promise<void> {
  await db
    .insertInto('import')
    .values({ ...created, state: 'receiving' })
    .execute()
}

export async function insertRows(
  db: Kysely<ImportTables>,
  importId: string,
  received: readonly ReceivedRow[],
): Promise<void> {
  const rows = received.map(({ row }) => row)
  const contents = received.map(({ content }) => content ?? null)
  const faults = received.map(({ fault }) => fault ?? null)
  await sql`
    with touched as (update import set touched_at = now() where id = ${importId})
    insert into import_row (import_id, row, content, fault)
    select ${importId}::uuid, row, content, fault
    from unnest(${rows}::integer[], ${contents}::text[], ${faults}::text[])
      as received (row, content, fault)`.execute(db)
}

/** All rows are stored: from here on the import finishes, whatever happens to this process. */
export async function beginImport(
  trx: Transaction<ImportTables>,
  id: string,
  rows: number,
): Promise<void> {
  const state: ImportState = rows === 0 ? 'done' : 'running'
  await trx
    .updateTable('import')
    .set({ state, rows, touched_at: sql`now()`, ...(rows === 0 && { data_key: null }) })
    .where('id', '=', id)
    .execute()
}

export async function deleteImport(db: Kysely<ImportTables>, id: string): Promise<void> {
  await db.deleteFrom('import').where('id', '=', id).execute()
}

/** Deletes what a caller or a process that ended never sent to the end. */
export async function deleteAbandonedImports(db: Kysely<ImportTables>): Promise<void> {
  await db
    .deleteFrom('import')
    .where('state', '=', 'receiving')
    .where('touched_at', '<', sql<Date>`now() - interval '1 hour'`)
    .execute()
}

export async function findImport(
  db: Kysely<ImportTables>,
  id: string,
  authorityId: string,
): Promise<Import | undefined> {
  return db
    .selectFrom('import')
    .select(COLUMNS)
    .where('id', '=', id)
    .where('authority_id', '=', authorityId)
    .where('state', '!=', 'receiving')
    .executeTakeFirst()
}

export async function listErrors(db: Kysely<ImportTables>, importId: string): Promise<RowError[]> {
  return db
    .selectFrom('import_error')
    .select(['row', 'pointer', 'detail'])
    .where('import_id', '=', importId)
    .orderBy('id')
    .execute()
}

/** An import with work left that nobody else works on; each gets its turn. */
export async function lockRunningImport(
  trx: Transaction<ImportTables>,
): Promise<Import | undefined> {
  return trx
    .selectFrom('import')
    .select(COLUMNS)
    .where('state', '=', 'running')
    .orderBy('touched_at')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
}

/** The next rows; they stay until what is made of them is stored. */
export async function readRows(
  trx: Transaction<ImportTables>,
  importId: string,
  limit: number,
): Promise<ReceivedRow[]> {
  const rows = await trx
    .selectFrom('import_row')
    .select(['row', 'content', 'fault'])
    .where('import_id', '=', importId)
    .orderBy('row')
    .limit(limit)
    .execute()
  return rows.map(({ row, content, fault }) =>
    content === null ? { row, fault: fault ?? 'cannot be read' } : { row, content },
  )
}

export async function deleteRows(
  trx: Transaction<ImportTables>,
  importId: string,
  rows: readonly number[],
): Promise<void> {
  await sql`delete from import_row
    where import_id = ${importId} and row = any(${rows}::integer[])`.execute(trx)
}

export async function saveProgress(
  trx: Transaction<ImportTables>,
  { id, error_count }: Import,
  progress: { state: ImportState; imported: number; rejected: number; errors: readonly RowError[] },
): Promise<void> {
  const { state, imported, rejected, errors } = progress
  const kept = errors.slice(0, Math.max(0, MAX_ERRORS - error_count))
  if (kept.length > 0)
    await trx
      .insertInto('import_error')
      .values(kept.map((error) => ({ import_id: id, ...error })))
      .execute()
  await sql`
    update import set state = ${state}, imported = imported + ${imported},
      rejected = rejected + ${rejected}, error_count = error_count + ${errors.length},
      touched_at = clock_timestamp(),
      data_key = case when ${state} = 'running' then data_key end
    where id = ${id}`.execute(trx)
}
