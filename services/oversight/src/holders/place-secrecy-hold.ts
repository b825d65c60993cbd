import type { LegalBasis } from '@lexchange/contracts'
import type { Transaction } from 'kysely'
import type { Static } from 'typebox'
import { v7 as newId } from 'uuid'

import { type AuditTables, recordAudit } from '../audit/index.ts'
import { SecrecyHoldInvalidError } from './holder.errors.ts'
import { insertHold, type SecrecyHold } from './secrecy-hold.repository.ts'
import type { HoldTables } from './secrecy-hold.tables.ts'

export type HoldRequest = {
  department?: string
  caseRef?: string
  agreement?: string
  until: string
  legalBasis: Static<typeof LegalBasis>
}

/** Holds records back from holders until a time. docs/flows/place-secrecy-hold.md */
export async function placeSecrecyHold(
  trx: Transaction<HoldTables & AuditTables>,
  {
    department = null,
    caseRef = null,
    agreement = null,
    until,
    legalBasis,
  }: {
    [Name in keyof HoldRequest]: HoldRequest[Name] | null
  } & { until: string; legalBasis: HoldRequest['legalBasis'] },
  { by, now }: { by: string; now: Date },
): Promise<SecrecyHold> {
  if (department === null && caseRef === null && agreement === null)
    throw new SecrecyHoldInvalidError('', 'must name a department, a caseRef or an agreement')
  if (!(new Date(until) > now))
    throw new SecrecyHoldInvalidError('/until', 'must lie in the future')
  const hold: SecrecyHold = {
    ...{ id: newId(), department, caseRef, agreement, until: new Date(until), legalBasis },
    ...{ createdAt: now, createdBy: by, endedAt: null, endedBy: null },
  }
  await insertHold(trx, hold)
  await recordAudit(trx, {
    ...{ at: now, by, action: 'secrecy-hold.placed', subject: hold.id, detail: hold },
  })
  return hold
}
