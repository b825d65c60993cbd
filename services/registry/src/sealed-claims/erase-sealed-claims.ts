import type { ErasedClaims } from '@lexchange/contracts'
import { appendToOutbox } from '@lexchange/postgres'
import { sql, type Transaction } from 'kysely'

import { COMPACT_JWE_SQL } from './compact-jwe.ts'
import { deleteDataKey } from './data-key.repository.ts'
import { erasedEvent } from './sealed-claims.events.ts'
import type { SealedTables } from './sealed-claims.tables.ts'

/**
 * Deletes the data key of a license and whatever of it waits in tables; streams follow, by
 * `eraseMessages`. The caller holds the lock of the license. docs/flows/apply-erasure.md
 */
export async function eraseSealedClaims(
  trx: Transaction<SealedTables>,
  erased: ErasedClaims,
  context: { time: string; traceparent?: string | undefined },
): Promise<void> {
  await deleteDataKey(trx, erased.licenseId, new Date(erased.erasedAt))
  await cleanOutbox(trx, erased, context.time)
  await cleanParked(trx, erased.licenseId)
  await appendToOutbox(trx, erasedEvent(erased, context))
}

/**
 * What was to be published, or could be once more, says now that the claims were erased. The rows stay:
 * the relay may be publishing one of them at this moment.
 */
async function cleanOutbox(
  trx: Transaction<SealedTables>,
  erased: ErasedClaims,
  time: string,
): Promise<void> {
  const { rows } = await sql<{ id: string; message_id: string }>`
    select id, message_id from outbox
    where subject like 'sealed.%' and ordering_key = ${erased.licenseId}`.execute(trx)
  for (const row of rows) {
    const { subject, event } = erasedEvent(erased, { time, id: row.message_id })
    await trx
      .updateTable('outbox')
      .set({ subject, message: JSON.stringify(event) })
      .where('id', '=', row.id)
      .execute()
  }
}

/** Notes where the parked messages stand in ISSUANCE, and takes the JWEs out of them. */
async function cleanParked(trx: Transaction<SealedTables>, licenseId: string): Promise<void> {
  const ofLicense = sql`message ~ ${COMPACT_JWE_SQL} and (message ilike ${`%${licenseId}%`}
    or stream_sequence in (select sequence from sealed_message
      where stream = 'ISSUANCE' and license_id = ${licenseId}))`
  await sql`
    insert into sealed_message (license_id, stream, sequence)
    select ${licenseId}::uuid, 'ISSUANCE', stream_sequence from parked_event where ${ofLicense}
    on conflict do nothing`.execute(trx)
  await sql`
    update parked_event set message = regexp_replace(message, ${COMPACT_JWE_SQL}, '', 'g')
    where ${ofLicense}`.execute(trx)
}
