import type { Kysely } from 'kysely'

import type { DeliveryStreams } from './delivery-streams.ts'
import { beginReplay, type LeaderSession } from './fan-out.repository.ts'
import { measureStream } from './measure-subscription.ts'
import type { SubscriptionTables } from './subscription.tables.ts'
import type { Subscription } from './subscription.ts'
import { dropEventsFrom } from './webhook-event.repository.ts'

/**
 * Takes away what still waits, because it comes again in its place: whoever asked for a replay gets its
 * events in order, and none of them behind newer ones. Undefined where it was changed meanwhile.
 */
export async function prepareReplay(
  deps: { db: Kysely<SubscriptionTables>; session: LeaderSession; streams: DeliveryStreams },
  subscription: Subscription,
): Promise<Subscription | undefined> {
  const { id, kind } = subscription
  let behindFrom = subscription.behindFrom ?? 0
  if (kind === 'webhook') await dropEventsFrom(deps.db, id, behindFrom + 1)
  else {
    const { waiting, first } = await measureStream(deps.streams, subscription)
    // What waits from before the position that was asked for is not lost either.
    if (waiting > 0 && first !== undefined) behindFrom = Math.min(behindFrom, first - 1)
    await deps.streams.purge(id)
  }
  const prepared = { ...subscription, behindFrom, replayPending: false }
  return (await beginReplay(deps.session, prepared)) ? prepared : undefined
}
