import type { DeliveryStreams } from './delivery-streams.ts'
import { DeliveriesUnavailableError } from './subscription.errors.ts'
import { findFanOutPosition } from './subscription.repository.ts'
import type { Subscription } from './subscription.ts'
import type { SubscriptionDeps } from './subscription-deps.ts'
import { measureEvents } from './webhook-event.repository.ts'

export type Measure = {
  /** Everything up to here has arrived; null while NATS is away. */
  position: number | null
  /** Events that wait, and those of LICENSES not looked at yet; null while NATS is away. */
  lag: number | null
  failing: boolean
}

export async function measureSubscription(
  { db, streams }: Pick<SubscriptionDeps, 'db' | 'streams'>,
  subscription: Subscription,
): Promise<Measure> {
  const upTo = subscription.behindFrom ?? (await findFanOutPosition(db))
  const { kind, id } = subscription
  const webhook = kind === 'webhook' ? await measureEvents(db, id) : undefined
  const failing = webhook?.failing ?? false
  const reach = (first: number | undefined) =>
    first === undefined ? upTo : Math.min(first - 1, upTo)
  try {
    const { lastSequence } = await streams.stateOf('LICENSES')
    const { waiting, first } = webhook
      ? { waiting: webhook.waiting, first: webhook.oldest }
      : await measureStream(streams, subscription)
    const lag = waiting + Math.max(0, lastSequence - upTo)
    return { position: reach(waiting > 0 ? first : undefined), lag, failing }
  } catch (error) {
    if (!(error instanceof DeliveriesUnavailableError)) throw error
    return { position: webhook ? reach(webhook.oldest) : null, lag: null, failing }
  }
}

export function measureStream(streams: DeliveryStreams, { kind, id, sentSequence }: Subscription) {
  return kind === 'sse' ? streams.measureAfter(id, sentSequence) : streams.measureConsumer(id)
}
