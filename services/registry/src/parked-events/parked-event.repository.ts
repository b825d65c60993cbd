import type { Kysely } from 'kysely'

import type { EntryTables } from '../entries/index.ts'

export async function listParkedEvents(db: Kysely<EntryTables>, after: string, limit: number) {
  const rows = await db
    .selectFrom('parked_event')
    .select(['id', 'consumer', 'subject', 'stream_sequence', 'reason', 'detail', 'parked_at'])
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    consumer: row.consumer,
    subject: row.subject,
    streamSequence: Number(row.stream_sequence),
    reason: row.reason,
    detail: row.detail,
    parkedAt: row.parked_at.toISOString(),
  }))
}

export async function listHeldEvents(db: Kysely<EntryTables>, after: string, limit: number) {
  const rows = await db
    .selectFrom('held_event')
    .select(['license_id', 'sequence', 'subject', 'stream_sequence', 'held_at'])
    .where('stream_sequence', '>', after)
    .orderBy('stream_sequence')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    licenseId: row.license_id,
    sequence: Number(row.sequence),
    subject: row.subject,
    streamSequence: Number(row.stream_sequence),
    heldAt: row.held_at.toISOString(),
  }))
}
