import type { Transaction } from 'kysely'
import { v7 as newId } from 'uuid'

import { type AuditTables, recordAudit } from '../audit/index.ts'
import { type FindingTables, findFindings, type StoredFinding } from '../findings/index.ts'
import { CaseFindingsInvalidError, FindingInCaseError } from './case.errors.ts'
import { addFinding, insertCase, recordStep } from './case.repository.ts'
import type { CaseTables } from './case.tables.ts'
import { type Case, openCase as newCase } from './case.ts'

export type CaseTrx = Transaction<CaseTables & FindingTables & AuditTables>

/** Who does something, when. */
export type Act = { by: string; now: Date }

/** An officer makes a case of findings of one department. docs/flows/open-case.md */
export async function openCase(
  trx: CaseTrx,
  findings: readonly string[],
  note: string,
  act: Act,
): Promise<Case> {
  const known = await requireFindings(trx, findings)
  const department = known[0]?.department ?? ''
  const stranger = known.findIndex((finding) => finding.department !== department)
  if (stranger >= 0)
    throw new CaseFindingsInvalidError(stranger, 'concerns another department than the first')
  return storeCase(trx, department, findings, note, act)
}

export async function storeCase(
  trx: CaseTrx,
  department: string,
  findings: readonly string[],
  note: string,
  { by, now }: Act,
): Promise<Case> {
  const opened = newCase(department, newId(), now)
  await insertCase(trx, opened)
  for (const finding of findings) await requireAdded(trx, opened.id, finding)
  const detail = { findings }
  await recordStep(trx, opened.id, {
    ...{ action: 'opened', state: opened.state, at: now, by, reason: note, detail },
  })
  await recordAudit(trx, { at: now, by, action: 'case.opened', subject: opened.id, detail })
  return opened
}

/** @throws CaseFindingsInvalidError */
export async function requireFindings(
  trx: CaseTrx,
  ids: readonly string[],
): Promise<StoredFinding[]> {
  const found = await findFindings(trx as never, ids)
  return ids.map((id, place) => {
    const finding = found.find((each) => each.id === id)
    if (!finding) throw new CaseFindingsInvalidError(place, 'is no finding')
    return finding
  })
}

/** @throws FindingInCaseError */
export async function requireAdded(trx: CaseTrx, caseId: string, finding: string): Promise<void> {
  const other = await addFinding(trx, caseId, finding)
  if (other !== undefined) throw new FindingInCaseError(finding, other)
}
