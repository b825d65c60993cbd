import type { NatsConnection } from '@nats-io/transport-node'
import type { Kysely } from 'kysely'

import type { DeliveryStreams } from './delivery-streams.ts'
import { type EventId, encodeEventId } from './event-id.ts'
import { type ReadDelivery, readDeliveries } from './read-deliveries.ts'
import {
  DeliveryMismatchError,
  PositionGoneError,
  SubscriptionPausedError,
} from './subscription.errors.ts'
import { noteSent } from './subscription.repository.ts'
import type { SubscriptionTables } from './subscription.tables.ts'
import type { Subscription } from './subscription.ts'

/** How often a connection says something when there is nothing to say, in ms. */
const HEARTBEAT = 15_000
/** How soon it is noted how far a connection is, in ms. */
const NOTE = 500

export type EventStream = { created: string; from: number }

/**
 * Where a connection begins: after its Last-Event-ID, or with the oldest event that is held.
 * @throws DeliveryMismatchError, SubscriptionPausedError, PositionGoneError, DeliveriesUnavailableError
 */
export async function findStart(
  streams: DeliveryStreams,
  { id, kind, state, publishedSequence }: Subscription,
  last: EventId | undefined,
): Promise<EventStream> {
  if (kind !== 'sse') throw new DeliveryMismatchError(kind, 'sse')
  if (state !== 'active') throw new SubscriptionPausedError(id)
  const { created, firstSequence, firstTime } = await streams.stateOf('DELIVERIES')
  if (!last) return { created, from: Math.max(firstSequence, 1) }
  // What was dropped may be of other subscriptions only: then nothing is missing here.
  const missing = last.sequence + 1 < firstSequence && publishedSequence > last.sequence
  if (last.created !== created || missing)
    throw new PositionGoneError(
      { subscription: id, detail: 'The event of Last-Event-ID is not held any more' },
      { oldestTime: new Date(firstTime).toISOString() },
    )
  return { created, from: last.sequence + 1 }
}

/**
 * docs/flows/stream-events.md: the text of a connection. It is asked for only as fast as the socket
 * drains, and so is NATS.
 */
export async function* streamEvents(
  deps: { db: Kysely<SubscriptionTables>; nats: NatsConnection },
  { id }: Subscription,
  { created, from }: EventStream,
  signal: AbortSignal,
): AsyncGenerator<string> {
  yield 'retry: 2000\n\n'
  const note = createNote((sequence) => noteSent(deps.db, id, sequence))
  const deliveries = readDeliveries(deps.nats, id, { created, from, idle: HEARTBEAT, signal })
  for await (const delivery of deliveries) {
    yield delivery ? format(delivery, created) : ': heartbeat\n\n'
    if (delivery) note(delivery.sequence)
  }
  if (signal.reason !== 'closed')
    yield `: ended: ${signal.reason ?? 'the stream was made anew'}\n\n`
}

/** Notes the last of many, some time after the first. */
function createNote(save: (sequence: number) => Promise<void>): (sequence: number) => void {
  let last = 0
  let timer: NodeJS.Timeout | undefined
  return (sequence) => {
    last = sequence
    timer ??= setTimeout(() => {
      timer = undefined
      // What could not be noted makes the lag look larger than it is, until the next event.
      save(last).catch(() => {})
    }, NOTE)
    timer.unref()
  }
}

function format({ sequence, text }: ReadDelivery, created: string): string {
  const data = text.split('\n').join('\ndata: ')
  return `id: ${encodeEventId({ created, sequence })}\ndata: ${data}\n\n`
}
