import type { AgreementEntry } from '@lexchange/contracts'
import type { Transaction } from 'kysely'

import { recordAudit } from '../audit/index.ts'
import { type Act, publishEntry } from '../directory/index.ts'
import type { AgreementTables } from './agreement.tables.ts'
import type { Agreement } from './agreement.ts'

/** Records who decided what; what is in force goes to DIRECTORY, drafts never do. */
export async function announceAgreement(
  trx: Transaction<AgreementTables>,
  agreement: Agreement,
  change: { action: string; detail: Record<string, unknown> },
  act: Act,
): Promise<void> {
  await recordAudit(trx, {
    at: act.now,
    action: `agreement.${change.action}`,
    subject: agreement.id,
    by: act.by,
    detail: change.detail,
  })
  const entry = entryOf(agreement)
  if (entry) await publishEntry(trx, 'agreement', entry, act)
}

function entryOf({ id, state, inForce }: Agreement): Omit<AgreementEntry, 'revision'> | undefined {
  if (!inForce || state === 'draft') return undefined
  return { id, ...inForce.terms, version: inForce.version, state }
}
