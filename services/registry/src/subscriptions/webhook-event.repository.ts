import { type Kysely, sql, type Transaction } from 'kysely'

import type { SubscriptionTables } from './subscription.tables.ts'

type Db = Kysely<SubscriptionTables> | Transaction<SubscriptionTables>

/** An event that waits to be sent to a webhook. */
export type WebhookEvent = {
  /** Order of sending. */
  id: string
  position: number
  eventId: string
  licenseId: string
  message: string
  attempts: number
  firstAttemptAt: Date | null
  nextAttemptAt: Date | null
}

export type DeadLetter = WebhookEvent & { eventType: string; failure: string | null; deadAt: Date }

const COLUMNS = [
  'id',
  'position',
  'event_id',
  'license_id',
  'message',
  'attempts',
  'first_attempt_at',
  'next_attempt_at',
] as const

/** The next ones in order, from after an id. */
export async function findPending(
  db: Db,
  subscriptionId: string,
  { after, licenseId, limit }: { after: string; licenseId?: string; limit: number },
): Promise<WebhookEvent[]> {
  const rows = await db
    .selectFrom('webhook_event')
    .select(COLUMNS)
    .where('subscription_id', '=', subscriptionId)
    .where('dead_at', 'is', null)
    .where('id', '>', after)
    .$if(licenseId !== undefined, (query) => query.where('license_id', '=', licenseId as string))
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(toEvent)
}

export async function deleteEvents(db: Db, ids: readonly string[]): Promise<void> {
  await sql`delete from webhook_event where id = any(${[...ids]}::bigint[])`.execute(db)
}

export async function noteFailure(
  db: Db,
  { id, attempts, firstAttemptAt, nextAttemptAt }: WebhookEvent,
  failure: string,
  deadAt: Date | null,
): Promise<void> {
  await db
    .updateTable('webhook_event')
    .set({
      attempts,
      first_attempt_at: firstAttemptAt,
      next_attempt_at: nextAttemptAt,
      failure,
      dead_at: deadAt,
    })
    .where('id', '=', id)
    .execute()
}

/** Whatever waits for its next attempt is due, and has the whole time again. */
export async function retryNow(db: Db, subscriptionId: string): Promise<void> {
  await db
    .updateTable('webhook_event')
    .set({ attempts: 0, first_attempt_at: null, next_attempt_at: null })
    .where('subscription_id', '=', subscriptionId)
    .where('dead_at', 'is', null)
    .where('attempts', '>', 0)
    .execute()
}

/** Before a replay, which copies them again. */
export async function dropEventsFrom(
  db: Db,
  subscriptionId: string,
  position: number,
): Promise<void> {
  await db
    .deleteFrom('webhook_event')
    .where('subscription_id', '=', subscriptionId)
    .where('position', '>=', String(position))
    .execute()
}

/** How many wait, whether the first attempt of some has failed, and the oldest position. */
export async function measureEvents(db: Db, subscriptionId: string) {
  const { rows } = await sql<{ waiting: string; failing: boolean | null; oldest: string | null }>`
    select count(*) as waiting, min(position) as oldest,
      exists (select from webhook_event where subscription_id = ${subscriptionId}
        and dead_at is null and attempts > 0) as failing
    from webhook_event where subscription_id = ${subscriptionId} and dead_at is null`.execute(db)
  const [row] = rows
  return {
    waiting: Number(row?.waiting ?? 0),
    failing: row?.failing === true,
    oldest: row?.oldest == null ? undefined : Number(row.oldest),
  }
}

export async function countPending(db: Db): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: string; waiting: string }>`
    select subscription_id as id, count(*) as waiting
    from webhook_event where dead_at is null group by 1`.execute(db)
  return new Map(rows.map(({ id, waiting }) => [id, Number(waiting)]))
}

function toEvent(row: {
  id: string
  position: string
  event_id: string
  license_id: string
  message: string
  attempts: number
  first_attempt_at: Date | null
  next_attempt_at: Date | null
}): WebhookEvent {
  return {
    id: row.id,
    position: Number(row.position),
    eventId: row.event_id,
    licenseId: row.license_id,
    message: row.message,
    attempts: row.attempts,
    firstAttemptAt: row.first_attempt_at,
    nextAttemptAt: row.next_attempt_at,
  }
}

export { COLUMNS as WEBHOOK_EVENT_COLUMNS, toEvent as toWebhookEvent }
