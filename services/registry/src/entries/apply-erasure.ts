import {
  type ClaimsErased,
  type claimsErased,
  claimsErasedSubject,
  type EventOf,
} from '@lexchange/contracts'
import type { Transaction } from 'kysely'

import { recordAudit } from '../audit/index.ts'
import { findEntry } from '../directory/index.ts'
import { eraseSealedClaims } from '../sealed-claims/index.ts'
import { checkAuthority } from './check-issuance.ts'
import { EventInconsistentError } from './entry.errors.ts'
import { type EntryHead, lockEntryHead, unsealHeldEvents } from './entry.repository.ts'
import type { EntryTables } from './entry.tables.ts'

/**
 * Erases the personal and secret claims of a license, wherever the registry has them; its history, status
 * and public claims stay. docs/flows/apply-erasure.md
 * @throws EventInconsistentError, AuthorityNotEntitledError: the event is to be parked
 */
export async function applyErasure(
  trx: Transaction<EntryTables>,
  event: EventOf<typeof claimsErased>,
  subject: string,
): Promise<void> {
  const { data, time, traceparent } = event
  checkErasure(event, subject)
  const head = await lockEntryHead(trx, data.licenseId)
  // What was issued may be parked or held; its authority must be able to erase that too.
  if (head) checkOwner(head, data)
  else checkAuthority(data, (await findEntry(trx, 'authority', data.authorityId))?.data)
  const { licenseId, type, region, erasedAt } = data
  await eraseSealedClaims(trx, { licenseId, type, region, erasedAt }, { time, traceparent })
  await unsealHeldEvents(trx, licenseId)
  await recordAudit(trx, {
    at: new Date(erasedAt),
    action: 'license.claims-erased',
    subject: licenseId,
    by: data.by,
    detail: { authority: data.authorityId, reason: data.reason, legalBasis: data.legalBasis },
  })
}

function checkErasure(event: EventOf<typeof claimsErased>, subject: string): void {
  const { source, data } = event
  const fits =
    source === `/authorities/${data.authorityId}` &&
    event.subject === data.licenseId &&
    subject === claimsErasedSubject(data)
  if (!fits) throw new EventInconsistentError('The event does not fit its source or its subject')
}

function checkOwner(head: EntryHead, { authorityId, type }: ClaimsErased): void {
  if (head.authorityId !== authorityId || head.type !== type)
    throw new EventInconsistentError('The license belongs to another authority')
}
