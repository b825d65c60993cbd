import { claimsErased, claimsErasedSubject } from '@lexchange/contracts'
import {
  appendToOutbox,
  type CommandKey,
  type IdempotencyTables,
  type Once,
  type OutboxMessage,
  runOnce,
} from '@lexchange/postgres'
import type { DomainError } from '@lexchange/problems'
import type { Kysely, Transaction } from 'kysely'

import { recordAudit } from '../audit/index.ts'
import { deleteSealed } from './erase-claims.repository.ts'
import { LicenseBusyError, LicenseNotFoundError } from './license.errors.ts'
import { lockLicense } from './license.repository.ts'
import type { LicenseTables } from './license.tables.ts'
import type { AnyLicense } from './license.ts'
import { publicState } from './sealed-state.ts'
import { findIntentOfLicense } from './signing-intent.repository.ts'

export type ErasureDeps = {
  db: Kysely<LicenseTables & IdempotencyTables>
  now: () => Date
  newId: () => string
}

export type Erasure = {
  id: string
  authorityId: string
  by: string
  reason: string
  legalBasis: string | null
  traceparent: string | undefined
  /** Throws unless the version is the one that the caller has seen. */
  requireVersion: (version: number) => void
}

type Answering<Answer> = {
  key: CommandKey | undefined
  answer: (license: AnyLicense) => Answer
  refuse: (error: DomainError) => Answer | undefined
}

/** How long another command on the license is waited for, and how often it is looked at, in ms. */
const PATIENCE = 10_000
const LOOK_EVERY = 10

/**
 * Erases the personal and secret claims of all versions of a license, for good. It makes no version: the
 * history stays. docs/flows/erase-claims.md
 * @throws LicenseNotFoundError, LicenseBusyError
 */
export async function eraseClaims<Answer>(
  deps: ErasureDeps,
  erasure: Erasure,
  { key, answer, refuse }: Answering<Answer>,
): Promise<Once<Answer>> {
  const end = performance.now() + PATIENCE
  for (;;) {
    try {
      return await runOnce<LicenseTables, Answer>(
        deps.db,
        key,
        async (trx) => answer(await erase(deps, trx, erasure)),
        refuse,
      )
    } catch (error) {
      if (!(error instanceof LicenseBusyError) || performance.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY))
    }
  }
}

async function erase(
  { now, newId }: ErasureDeps,
  trx: Transaction<LicenseTables>,
  erasure: Erasure,
): Promise<AnyLicense> {
  const { id, authorityId, by, reason, legalBasis } = erasure
  const license = await lockLicense(trx, id, authorityId)
  if (!license) throw new LicenseNotFoundError(id)
  erasure.requireVersion(license.state.version)
  // What is under way holds the claims in memory, and would store them after this.
  if ((await findIntentOfLicense(trx, id))?.claimed) throw new LicenseBusyError(id)
  const erased = { ...license, state: { ...license.state, ...publicState(license) } }
  if (license.claimsErasedAt) return erased
  const at = now()
  await deleteSealed(trx, license, at)
  const action = 'license.claims-erased'
  await recordAudit(trx, {
    at,
    action,
    subject: id,
    authorityId,
    by,
    detail: { reason, legalBasis },
  })
  await appendToOutbox(trx, toMessage(license, erasure, at, newId()))
  return erased
}

function toMessage(
  { id, type, region, authority }: AnyLicense,
  { by, reason, legalBasis, traceparent }: Erasure,
  at: Date,
  eventId: string,
): OutboxMessage {
  const erasedAt = at.toISOString()
  const about = { licenseId: id, type, region, authorityId: authority.id }
  return {
    subject: claimsErasedSubject({ region, type }),
    event: {
      specversion: '1.0',
      id: eventId,
      source: `/authorities/${authority.id}`,
      type: claimsErased.type,
      subject: id,
      time: erasedAt,
      datacontenttype: 'application/json',
      ...(traceparent !== undefined && { traceparent }),
      data: { ...about, erasedAt, reason, legalBasis, by },
    },
  }
}
