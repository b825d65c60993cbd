import { setTimeout as pause } from 'node:timers/promises'

import {
  AckPolicy,
  type Consumer,
  DeliverPolicy,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream'
import { type NatsConnection, nanos } from '@nats-io/transport-node'

import { DELIVERIES, deliverySubject } from './deliveries.ts'

export type ReadDelivery = { sequence: number; text: string }

type Options = {
  /** When the stream was made: in another one, sequence numbers mean something else. */
  created: string
  from: number
  /** After so long without a message, `undefined` is given instead, in ms. */
  idle: number
  signal: AbortSignal
}

/** Most messages that are fetched before the reader has asked for them. */
const AHEAD = 100
const RETRY = 500
/** How often the server says that it is there, in ms; it is missed twice. */
const HEARTBEAT = 1_000

/**
 * The messages of a subscription in order, for as long as the reader wants them. Goes on by itself after
 * NATS was away; ends where the stream was made anew, or by the signal.
 */
export async function* readDeliveries(
  nats: NatsConnection,
  subscriptionId: string,
  { created, from, idle, signal }: Options,
): AsyncGenerator<ReadDelivery | undefined> {
  let next = from
  let spoke = Date.now()
  while (!signal.aborted) {
    try {
      const opened = await openConsumer(nats, subscriptionId, next)
      if (opened.created !== created) return
      for await (const delivery of fetchAll(opened.consumer, idle, signal)) {
        if (delivery) next = delivery.sequence + 1
        spoke = Date.now()
        yield delivery
      }
    } catch {
      await pause(RETRY, undefined, { signal }).catch(() => {})
    }
    if (!signal.aborted && Date.now() - spoke >= idle) {
      spoke = Date.now()
      yield undefined
    }
  }
}

async function openConsumer(nats: NatsConnection, subscriptionId: string, from: number) {
  const manager = await jetstreamManager(nats, { checkAPI: false, timeout: 2_000 })
  const { created } = await manager.streams.info(DELIVERIES)
  const { name } = await manager.consumers.add(DELIVERIES, {
    filter_subject: deliverySubject(subscriptionId),
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: from,
    inactive_threshold: nanos(60_000),
    mem_storage: true,
  })
  return { created, consumer: await jetstream(nats).consumers.get(DELIVERIES, name) }
}

/** Ends where a message is missing: nothing is acknowledged, so the rest is read again. */
async function* fetchAll(
  consumer: Consumer,
  idle: number,
  signal: AbortSignal,
): AsyncGenerator<ReadDelivery | undefined> {
  let expected = 1
  try {
    while (!signal.aborted) {
      const messages = await consumer.fetch({
        max_messages: AHEAD,
        expires: idle,
        idle_heartbeat: HEARTBEAT,
      })
      const stop = () => messages.stop()
      signal.addEventListener('abort', stop, { once: true })
      if (signal.aborted) stop()
      let count = 0
      for await (const message of messages) {
        if (message.info.deliverySequence !== expected) return
        expected++
        count++
        yield { sequence: message.seq, text: message.string() }
      }
      signal.removeEventListener('abort', stop)
      if (count === 0 && !signal.aborted) yield undefined
    }
  } finally {
    await consumer.delete().catch(() => false)
  }
}
