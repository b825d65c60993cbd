import { PublicHolder } from '@lexchange/contracts'
import { sql, type Transaction } from 'kysely'
import { Clean } from 'typebox/value'

import { COMPACT_JWE_SQL, hasSealedClaims } from '../sealed-claims/index.ts'
import type { EntryTables } from './entry.tables.ts'
import type { Issuance, IssuanceEvent } from './issuance.ts'

export type EntryHead = {
  authorityId: string
  type: string
  number: string
  version: number
  sequence: number
}

/**
 * Events of one license are applied one after the other, at whichever replica. An advisory lock,
 * because before the first event there is no row to lock.
 */
export async function lockEntryHead(
  trx: Transaction<EntryTables>,
  id: string,
): Promise<EntryHead | undefined> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${id}, 1))`.execute(trx)
  const row = await trx
    .selectFrom('entry')
    .select(['authority_id', 'type', 'number', 'version', 'sequence'])
    .where('id', '=', id)
    .executeTakeFirst()
  return (
    row && {
      authorityId: row.authority_id,
      type: row.type,
      number: row.number,
      version: row.version,
      sequence: Number(row.sequence),
    }
  )
}

/** The current state of the license, as of this event. */
export async function saveEntry(
  trx: Transaction<EntryTables>,
  { event: { data, time }, sequence }: Issuance,
): Promise<void> {
  const holder = Clean(PublicHolder, structuredClone(data.holder)) as typeof data.holder
  const state = {
    identifier: data.identifier,
    holder: JSON.stringify(holder),
    holder_uscc: holder.kind === 'enterprise' ? holder.uscc : null,
    holder_name: holder.kind === 'enterprise' ? holder.name : null,
    authority_name: data.authority.name,
    region: data.region,
    version: data.version,
    sequence: String(sequence),
    status: data.status,
    valid_from: new Date(data.validFrom),
    valid_until: data.validUntil === null ? null : new Date(data.validUntil),
    updated_at: new Date(time),
    claims: JSON.stringify(data.claims),
  }
  await trx
    .insertInto('entry')
    .values({
      id: data.licenseId,
      type: data.type,
      number: data.number,
      authority_id: data.authority.id,
      issued_at: new Date(data.issuedAt),
      ...state,
    })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(state))
    .execute()
}

/** `expired` is an event and no version: it moves the sequence and nothing else. */
export async function saveSequence(
  trx: Transaction<EntryTables>,
  id: string,
  sequence: number,
): Promise<void> {
  await trx
    .updateTable('entry')
    .set({ sequence: String(sequence) })
    .where('id', '=', id)
    .execute()
}

export async function insertVersion(
  trx: Transaction<EntryTables>,
  { name, event: { data } }: Issuance,
): Promise<void> {
  await trx
    .insertInto('entry_version')
    .values({
      license_id: data.licenseId,
      version: data.version,
      event: name,
      status: data.status,
      valid_from: new Date(data.validFrom),
      valid_until: data.validUntil === null ? null : new Date(data.validUntil),
      effective_at: new Date(data.effectiveAt),
      claims: JSON.stringify(data.claims),
      reason: data.reason,
      legal_basis: data.legalBasis,
      by_client: data.by,
      sealed: hasSealedClaims(data),
    })
    .execute()
}

/** Keeps an event that came before one that it follows. */
export async function holdEvent(
  trx: Transaction<EntryTables>,
  { event, sequence, subject, streamSequence }: Issuance,
): Promise<void> {
  await trx
    .insertInto('held_event')
    .values({
      license_id: event.data.licenseId,
      sequence: String(sequence),
      subject,
      stream_sequence: String(streamSequence),
      message: JSON.stringify(event),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Takes the JWEs out of held events; what else they say is applied when their time comes. */
export async function unsealHeldEvents(
  trx: Transaction<EntryTables>,
  licenseId: string,
): Promise<void> {
  await sql`
    update held_event set message = regexp_replace(message, ${COMPACT_JWE_SQL}, '', 'g')
    where license_id = ${licenseId}`.execute(trx)
}

/** Takes the held event with this sequence, if there is one. */
export async function takeHeldEvent(
  trx: Transaction<EntryTables>,
  id: string,
  sequence: number,
): Promise<{ event: IssuanceEvent; subject: string; streamSequence: number } | undefined> {
  const row = await trx
    .deleteFrom('held_event')
    .where('license_id', '=', id)
    .where('sequence', '=', String(sequence))
    .returning(['message', 'subject', 'stream_sequence'])
    .executeTakeFirst()
  return (
    row && {
      event: JSON.parse(row.message) as IssuanceEvent,
      subject: row.subject,
      streamSequence: Number(row.stream_sequence),
    }
  )
}
