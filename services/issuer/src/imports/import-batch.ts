import type { AuthorityEntry } from '@lexchange/contracts'
import { DomainError } from '@lexchange/problems'
import type { Kysely, Transaction } from 'kysely'

import { recordAudit } from '../audit/index.ts'
import {
  gatherMeans,
  type IssueOrder,
  prepareIssues,
  reached,
  type SigningDeps,
  signIntents,
  storeIssues,
} from '../licenses/index.ts'
import { openDataKey } from '../sealing/index.ts'
import { type DraftedRow, draftRow, faultsOf } from './draft-rows.ts'
import {
  deleteRows,
  type Import,
  lockRunningImport,
  type RowError,
  readRows,
  saveProgress,
} from './import.repository.ts'
import type { ImportTables } from './import.tables.ts'
import type { ReceivedRow } from './received-row.ts'
import { openRow } from './sealed-row.ts'

export type ImportDeps = SigningDeps & {
  db: Kysely<ImportTables>
  findAuthority: (id: string) => AuthorityEntry | undefined
}

const BATCH = 200

/**
 * Works on the next rows of one import, all in one transaction, so that a crash leaves them either
 * undone and still there or done and gone: docs/flows/import-licenses.md
 * @returns false when there is nothing to do.
 */
export async function importBatch(deps: ImportDeps, limit = BATCH): Promise<boolean> {
  const worked = await deps.db.transaction().execute(async (trx) => {
    const running = await lockRunningImport(trx)
    if (!running) return false
    const authority = deps.findAuthority(running.authority_id)
    if (authority?.state !== 'active') await fail(trx, running, deps.now())
    else await workOn(trx, running, authority, deps, limit)
    return true
  })
  if (worked) reached('committed')
  return worked
}

async function workOn(
  trx: Transaction<ImportTables>,
  running: Import,
  authority: AuthorityEntry,
  deps: ImportDeps,
  limit: number,
): Promise<void> {
  const { now, newId } = deps
  const at = now()
  const received = await openRows(deps, running, await readRows(trx, running.id, limit))
  const { type, accept_legacy_uscc: acceptLegacyUscc } = running
  const rules = { authority, type, acceptLegacyUscc, now: at, newId }
  const drafted = received.map((row) => draftRow(row, rules))
  const { imported, errors } = await issue(trx, running, authority, drafted, deps)
  await deleteRows(
    trx,
    running.id,
    received.map(({ row }) => row),
  )
  const state = received.length < limit ? 'done' : 'running'
  const rejected = received.length - imported
  await saveProgress(trx, running, { state, imported, rejected, errors })
  if (state === 'done') await audit(trx, running, 'import.done', at)
}

/** Of an import from before rows were sealed they are as they were sent. */
async function openRows(
  { sealing }: ImportDeps,
  { id, data_key: wrapped }: Import,
  stored: readonly ReceivedRow[],
): Promise<readonly ReceivedRow[]> {
  if (wrapped === null) return stored
  const { key } = await openDataKey(sealing.keys, wrapped, id)
  return stored.map((row) => openRow(row, id, key))
}

/**
 * As single licenses are issued. What will be signed is committed by itself; should this process end then,
 * the rows are still there, and whoever takes them up completes what was committed.
 */
async function issue(
  trx: Transaction<ImportTables>,
  running: Import,
  authority: AuthorityEntry,
  drafted: readonly DraftedRow[],
  deps: ImportDeps,
): Promise<{ imported: number; errors: RowError[] }> {
  const errors = drafted.flatMap(({ errors: faults }) => faults ?? [])
  const { by_client: by, traceparent } = running
  const rows = drafted.flatMap(({ row, license }) => (license ? [{ row, license }] : []))
  const orders = rows.map(({ row, license }): IssueOrder => {
    const command = { name: `import ${running.id} ${row}`, hash: null, exclusive: true }
    return { authority, draft: () => license, by, traceparent: traceparent ?? undefined, command }
  })
  const refuse = (index: number, error: unknown) => {
    if (!(error instanceof DomainError) || error.kind === 'unavailable') throw error
    const { row } = rows[index] as { row: number }
    errors.push(...faultsOf(error).map((fault) => ({ row, ...fault })))
  }
  if (orders.length === 0) return { imported: 0, errors }
  const means = await gatherMeans(deps, orders)
  const prepared = await deps.db
    .transaction()
    .execute((own) => prepareIssues(deps, orders, means, own))
  means.giveBack()
  reached('intended')
  for (const [index, { value, error }] of prepared.entries()) if (!value) refuse(index, error)
  const indexOf = new Map(prepared.map(({ value }, index) => [value?.id, index]))
  const signings = await signIntents(
    deps,
    prepared.flatMap(({ value }) => (value ? [value] : [])),
  )
  const signed = signings.map((signing) => {
    if (!signing.signed) throw signing.error
    return signing.signed
  })
  const stored = await storeIssues(deps, trx, signed)
  for (const [index, { value, error }] of stored.entries())
    if (!value) refuse(indexOf.get(signed[index]?.id) ?? -1, error)
  const imported = stored.filter(({ value }) => value !== undefined).length
  return { imported, errors: errors.toSorted((one, other) => one.row - other.row) }
}

async function fail(trx: Transaction<ImportTables>, running: Import, at: Date): Promise<void> {
  const detail = 'The authority is suspended, or has left the directory'
  const errors = [{ row: 0, pointer: '', detail }]
  await saveProgress(trx, running, { state: 'failed', imported: 0, rejected: 0, errors })
  await trx.deleteFrom('import_row').where('import_id', '=', running.id).execute()
  await audit(trx, running, 'import.failed', at)
}

function audit(trx: Transaction<ImportTables>, running: Import, action: string, at: Date) {
  const { id, authority_id: authorityId, by_client: by, rows } = running
  return recordAudit(trx, { at, action, subject: id, authorityId, by, detail: { rows } })
}
