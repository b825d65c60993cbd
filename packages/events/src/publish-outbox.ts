import type { OutboxTables } from '@lexchange/postgres'
import type { JetStreamClient } from '@nats-io/jetstream'
import { type Kysely, sql } from 'kysely'

type Pending = {
  id: string
  message_id: string
  subject: string
  ordering_key: string
  message: string
  settled: boolean
}

export type Published = {
  /** How many events the stream has acknowledged. */
  published: number
  /** Whether more rows wait, e.g. for an older transaction that still runs. */
  waiting: boolean
}

/**
 * Publishes pending rows and marks those that the stream has acknowledged. Must run in one process at
 * a time. Selects by "not yet published" below the oldest running transaction: transactions commit out
 * of order, so a cursor over ids would skip rows, and a newer row would pass an older one.
 * Rejects with the stream's refusal; what was acknowledged before is marked.
 */
export async function publishOutbox(
  db: Kysely<OutboxTables>,
  jetstream: JetStreamClient,
  limit = 256,
): Promise<Published> {
  const pending = await findPending(db, limit)
  const settled = pending.filter((row) => row.settled)
  let published = 0
  for (const wave of wavesOf(settled)) {
    const results = await Promise.allSettled(wave.map((row) => publish(jetstream, row)))
    const stored = results
      .filter((result) => result.status === 'fulfilled')
      .map(({ value }) => value)
    await markPublished(db, stored)
    published += stored.length
    const refused = results.find((result) => result.status === 'rejected')
    if (refused) throw refused.reason
  }
  return { published, waiting: pending.length > published || pending.length === limit }
}

function findPending(db: Kysely<OutboxTables>, limit: number): Promise<Pending[]> {
  return db
    .selectFrom('outbox')
    .select(['id', 'message_id', 'subject', 'ordering_key', 'message'])
    .select(sql<boolean>`transaction_id < pg_snapshot_xmin(pg_current_snapshot())`.as('settled'))
    .where('published_at', 'is', null)
    .orderBy('transaction_id')
    .orderBy('id')
    .limit(limit)
    .execute()
}

/** Events of one key never share a wave: a refused one would be overtaken by the next. */
export function wavesOf<Row extends { ordering_key: string }>(rows: readonly Row[]): Row[][] {
  const waves: Row[][] = []
  const seen = new Map<string, number>()
  for (const row of rows) {
    const wave = seen.get(row.ordering_key) ?? 0
    seen.set(row.ordering_key, wave + 1)
    waves[wave] ??= []
    waves[wave].push(row)
  }
  return waves
}

async function publish(jetstream: JetStreamClient, row: Pending) {
  const { seq } = await jetstream.publish(row.subject, row.message, {
    msgID: row.message_id,
    timeout: 5_000,
    retries: 0,
  })
  return { id: row.id, seq }
}

async function markPublished(
  db: Kysely<OutboxTables>,
  stored: readonly { id: string; seq: number }[],
): Promise<void> {
  if (stored.length === 0) return
  const ids = stored.map(({ id }) => id)
  const sequences = stored.map(({ seq }) => String(seq))
  await sql`
    update outbox set published_at = now(), stream_sequence = stored.sequence
    from unnest(${ids}::bigint[], ${sequences}::bigint[]) as stored (id, sequence)
    where outbox.id = stored.id`.execute(db)
}
