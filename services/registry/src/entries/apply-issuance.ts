import { licenseEventOf } from '@lexchange/contracts'
import { appendToOutbox, parkEvent } from '@lexchange/postgres'
import { DomainError } from '@lexchange/problems'
import type { Transaction } from 'kysely'
import type { Logger } from 'pino'

import { findEntry } from '../directory/index.ts'
import { type ClaimVault, storeSealedClaims } from '../sealed-claims/index.ts'
import {
  checkClassification,
  checkConsistency,
  checkContinuity,
  checkEntitlement,
} from './check-issuance.ts'
import { licenseEvent } from './entry.events.ts'
import {
  type EntryHead,
  holdEvent,
  insertVersion,
  lockEntryHead,
  saveEntry,
  saveSequence,
  takeHeldEvent,
} from './entry.repository.ts'
import type { EntryTables } from './entry.tables.ts'
import type { Issuance, IssuanceEvent } from './issuance.ts'

export const CONSUMER = 'registry-entries'

/** What applying needs besides its transaction. */
export type ApplyDeps = { vault: ClaimVault; log: Logger }

/**
 * Accepts an event of an authority: the license's current state, its version, its sealed claims and the
 * shareable event commit together. docs/flows/apply-issuance.md
 * @throws EventInconsistentError, AuthorityNotEntitledError, SealedClaimsInvalidError: the event is to
 * be parked
 */
export async function applyIssuance(
  trx: Transaction<EntryTables>,
  issuance: Issuance,
  { vault, log }: ApplyDeps,
): Promise<void> {
  const { data } = issuance.event
  checkConsistency(issuance)
  checkEntitlement(issuance, (await findEntry(trx, 'authority', data.authority.id))?.data)
  checkClassification(issuance)
  const head = await lockEntryHead(trx, data.licenseId)
  const last = head?.sequence ?? 0
  if (issuance.sequence <= last) return
  if (issuance.sequence > last + 1) {
    await holdEvent(trx, issuance)
    log.warn(
      { license: data.licenseId, sequence: issuance.sequence, expected: last + 1 },
      'event held until the ones before it arrive',
    )
    return
  }
  await applyNext(trx, issuance, head, vault)
  await applyHeld(trx, issuance, { vault, log })
}

async function applyNext(
  trx: Transaction<EntryTables>,
  issuance: Issuance,
  head: EntryHead | undefined,
  vault: ClaimVault,
): Promise<void> {
  checkContinuity(issuance, head)
  if (issuance.name === 'expired') {
    await saveSequence(trx, issuance.event.data.licenseId, issuance.sequence)
  } else {
    // Before the license event, so that a version that says `sealed` finds its claims there.
    await storeSealedClaims(trx, vault, issuance.event)
    await saveEntry(trx, issuance)
    await insertVersion(trx, issuance)
  }
  await appendToOutbox(trx, licenseEvent(issuance))
}

/** Applies what waited for this event. One that contradicts it is parked, and those after it wait on. */
async function applyHeld(
  trx: Transaction<EntryTables>,
  applied: Issuance,
  { vault, log }: ApplyDeps,
): Promise<void> {
  const id = applied.event.data.licenseId
  for (let sequence = applied.sequence + 1; ; sequence++) {
    const held = await takeHeldEvent(trx, id, sequence)
    if (!held) return
    try {
      await applyNext(trx, issuanceOf(held.event, held), await lockEntryHead(trx, id), vault)
    } catch (error) {
      if (!(error instanceof DomainError) || error.kind === 'unavailable') throw error
      log.warn({ license: id, sequence, code: error.code }, 'held event parked')
      await parkEvent(trx as never, {
        consumer: CONSUMER,
        subject: held.subject,
        streamSequence: held.streamSequence,
        message: JSON.stringify(held.event),
        reason: error.code,
        detail: error.message,
      })
      return
    }
  }
}

export function issuanceOf(
  event: IssuanceEvent,
  { subject, streamSequence }: { subject: string; streamSequence: number },
): Issuance {
  const name = licenseEventOf(event.type)
  if (!name) throw new Error(`no license event: ${event.type}`)
  return { name, sequence: Number(event.sequence), event, subject, streamSequence }
}
