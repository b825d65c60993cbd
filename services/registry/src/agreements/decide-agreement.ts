import type { Transaction } from 'kysely'

import { type Act, DirectoryEntryNotFoundError } from '../directory/index.ts'
import { lockAgreement, updateAgreement } from './agreement.repository.ts'
import type { AgreementTables } from './agreement.tables.ts'
import type { Agreement, Decision } from './agreement.ts'
import { announceAgreement } from './announce-agreement.ts'
import { requireIndependence } from './require-independence.ts'

export type AgreementDecision = {
  /** Past tense, for the audit. */
  action: string
  detail: Record<string, unknown>
  decide(agreement: Agreement): Decision
}

/** docs/flows/change-agreement.md @throws DirectoryEntryNotFoundError, AgreementConflictError */
export async function decideAgreement(
  trx: Transaction<AgreementTables>,
  id: string,
  { action, detail, decide }: AgreementDecision,
  requireRevision: (revision: number) => void,
  act: Act,
): Promise<Agreement> {
  const present = await lockAgreement(trx, id)
  if (!present) throw new DirectoryEntryNotFoundError('agreement', id)
  requireRevision(present.revision)
  if (action === 'approved' && present.draft)
    await requireIndependence(trx, present.draft, id, act.by)
  const decision = decide(present)
  await updateAgreement(trx, decision)
  const version = (present.draft ?? present.inForce)?.version
  const change = { action, detail: { version, ...detail } }
  await announceAgreement(trx, decision.agreement, change, act)
  return decision.agreement
}
