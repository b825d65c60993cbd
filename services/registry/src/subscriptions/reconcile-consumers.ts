import { type Kysely, sql } from 'kysely'

import { dropOldDeadLetters } from './dead-letter.repository.ts'
import type { DeliveryStreams } from './delivery-streams.ts'
import type { SubscriptionTables } from './subscription.tables.ts'
import type { Subscription } from './subscription.ts'

/** A consumer may be there before the transaction that made its subscription has ended, in ms. */
const YOUNG = 600_000
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Makes the consumers that a lost store of NATS took along, and takes away those that a crash in the
 * middle of creating or deleting a subscription has left behind.
 */
export async function reconcileConsumers(
  db: Kysely<SubscriptionTables>,
  streams: DeliveryStreams,
  subscriptions: readonly Subscription[],
  now: Date,
): Promise<void> {
  const present = await streams.listConsumers()
  const names = new Set(present.map(({ name }) => name))
  for (const { id, kind } of subscriptions)
    if (kind === 'jetstream' && !names.has(id)) await streams.addConsumer(id)
  const known = new Set(subscriptions.map(({ id }) => id))
  for (const { name, created } of present) {
    const old = now.getTime() - created.getTime() > YOUNG
    if (ID.test(name) && !known.has(name) && old) await streams.remove(name)
  }
  const { lastSequence } = await streams.stateOf('DELIVERIES')
  // A stream that was made anew begins with 1 again.
  await sql`
    update subscription set sent_sequence = 0, published_sequence = 0
    where greatest(sent_sequence, published_sequence) > ${lastSequence}`.execute(db)
  await dropOldDeadLetters(db)
}
