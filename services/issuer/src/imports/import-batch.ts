import type { AuthorityEntry } from '@lexchange/contracts'
import { appendToOutbox } from '@lexchange/postgres'
import type { Kysely, Transaction } from 'kysely'

import { recordAudit } from '../audit/index.ts'
import {
  findInBeing,
  insertLicenses,
  isInBeing,
  type License,
  LicenseExistsError,
  toIssuanceMessage,
} from '../licenses/index.ts'
import { type DraftedRow, draftRow, faultsOf } from './draft-rows.ts'
import {
  type Import,
  lockRunningImport,
  type RowError,
  saveProgress,
  takeRows,
} from './import.repository.ts'
import type { ImportTables } from './import.tables.ts'

export type ImportDeps = {
  db: Kysely<ImportTables>
  findAuthority: (id: string) => AuthorityEntry | undefined
  now: () => Date
  newId: () => string
}

const BATCH = 200

/**
 * Works on the next rows of one import, all in one transaction, so that a crash leaves them either
 * undone and still there or done and gone: docs/flows/import-licenses.md
 * @returns false when there is nothing to do.
 */
export async function importBatch(deps: ImportDeps, limit = BATCH): Promise<boolean> {
  return deps.db.transaction().execute(async (trx) => {
    const running = await lockRunningImport(trx)
    if (!running) return false
    const authority = deps.findAuthority(running.authority_id)
    if (authority?.state !== 'active') await fail(trx, running, deps.now())
    else await workOn(trx, running, authority, deps, limit)
    return true
  })
}

async function workOn(
  trx: Transaction<ImportTables>,
  running: Import,
  authority: AuthorityEntry,
  { now, newId }: ImportDeps,
  limit: number,
): Promise<void> {
  const at = now()
  const received = await takeRows(trx, running.id, limit)
  const { type, accept_legacy_uscc: acceptLegacyUscc } = running
  const rules = { authority, type, acceptLegacyUscc, now: at, newId }
  const drafted = received.map((row) => draftRow(row, rules))
  const { accepted, errors } = await refuseExisting(trx, drafted, at)
  await store(trx, accepted, running, at, newId)
  const state = received.length < limit ? 'done' : 'running'
  const imported = accepted.length
  const rejected = received.length - imported
  await saveProgress(trx, running, { state, imported, rejected, errors })
  if (state === 'done') await audit(trx, running, 'import.done', at)
}

/** Keeps of each type and number in being the first, unless one was there before. */
async function refuseExisting(
  trx: Transaction<ImportTables>,
  drafted: readonly DraftedRow[],
  now: Date,
): Promise<{ accepted: License[]; errors: RowError[] }> {
  const keyOf = ({ type, number }: { type: string; number: string }) => `${type} ${number}`
  const drafts = drafted.flatMap(({ license }) => (license ? [license] : []))
  const taken = new Set((await findInBeing(trx, drafts, now)).map(keyOf))
  const accepted: License[] = []
  const errors: RowError[] = []
  for (const { row, license, errors: faults } of drafted) {
    if (!license) {
      errors.push(...faults)
    } else if (!isInBeing(license.state, now)) {
      accepted.push(license)
    } else if (taken.has(keyOf(license))) {
      const exists = faultsOf(new LicenseExistsError(license.type))
      errors.push(...exists.map((fault) => ({ row, ...fault })))
    } else {
      taken.add(keyOf(license))
      accepted.push(license)
    }
  }
  return { accepted, errors }
}

async function store(
  trx: Transaction<ImportTables>,
  licenses: readonly License[],
  { by_client: by, traceparent }: Import,
  at: Date,
  newId: () => string,
): Promise<void> {
  const change = { event: 'issued', at, by, reason: null, legalBasis: null } as const
  await insertLicenses(trx, licenses, change)
  await appendToOutbox(
    trx,
    ...licenses.map((license) =>
      toIssuanceMessage(license, {
        ...change,
        eventId: newId(),
        traceparent: traceparent ?? undefined,
      }),
    ),
  )
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
