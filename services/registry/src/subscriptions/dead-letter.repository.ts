import { type Kysely, sql, type Transaction } from 'kysely'

import type { SubscriptionTables } from './subscription.tables.ts'
import {
  type DeadLetter,
  toWebhookEvent,
  WEBHOOK_EVENT_COLUMNS,
} from './webhook-event.repository.ts'

/** Events of a webhook that were given up, in the order of their positions. */
export async function listDeadLetters(
  db: Kysely<SubscriptionTables>,
  subscriptionId: string,
  { after, limit }: { after: string; limit: number },
): Promise<DeadLetter[]> {
  const rows = await db
    .selectFrom('webhook_event')
    .select([...WEBHOOK_EVENT_COLUMNS, 'event_type', 'failure', 'dead_at'])
    .where('subscription_id', '=', subscriptionId)
    .where('dead_at', 'is not', null)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    ...toWebhookEvent(row),
    eventType: row.event_type,
    failure: row.failure,
    deadAt: row.dead_at as Date,
  }))
}

/** Puts dead letters back in their old place in the order. @param positions all where absent. */
export async function reviveDeadLetters(
  trx: Transaction<SubscriptionTables>,
  subscriptionId: string,
  positions: readonly number[] | undefined,
): Promise<number> {
  const { numUpdatedRows } = await trx
    .updateTable('webhook_event')
    .set({ dead_at: null, attempts: 0, first_attempt_at: null, next_attempt_at: null })
    .where('subscription_id', '=', subscriptionId)
    .where('dead_at', 'is not', null)
    .$if(positions !== undefined, (query) =>
      query.where(sql<boolean>`position = any(${(positions ?? []).map(String)}::bigint[])`),
    )
    .executeTakeFirstOrThrow()
  return Number(numUpdatedRows)
}

/** As long as LICENSES keeps an event. */
export async function dropOldDeadLetters(db: Kysely<SubscriptionTables>): Promise<void> {
  await sql`delete from webhook_event where dead_at < now() - interval '90 days'`.execute(db)
}
