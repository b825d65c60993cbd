import type { InboxTables } from '@lexchange/postgres'
import type { Kysely } from 'kysely'

export async function listParkedEvents(db: Kysely<InboxTables>, after: string, limit: number) {
  const rows = await db
    .selectFrom('parked_event')
    .select(['id', 'consumer', 'subject', 'stream_sequence', 'reason', 'detail', 'parked_at'])
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(({ stream_sequence, parked_at, ...row }) => ({
    ...row,
    streamSequence: Number(stream_sequence),
    parkedAt: parked_at.toISOString(),
  }))
}
