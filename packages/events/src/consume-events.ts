import type { InboxTables } from '@lexchange/postgres'
import {
  AckPolicy,
  DeliverPolicy,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream'
import { type NatsConnection, nanos } from '@nats-io/transport-node'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { Counter, type Registry } from 'prom-client'

import { createDelivery, type DeliveryCount, type ReceivedMessage } from './deliver.ts'
import type { EventHandler } from './event-handler.ts'
import { createPulse, type Pulse } from './pulse.ts'
import type { StreamName } from './streams.ts'

export type ConsumeEventsOptions<Tables> = {
  db: Kysely<Tables & InboxTables>
  nats: NatsConnection
  stream: StreamName
  /** Name of the durable consumer, of the inbox and of the parking. */
  consumer: string
  handlers: readonly EventHandler<Tables>[]
  log: Logger
  metrics: Registry
  /** Called when the stream is missing, e.g. to create it. */
  onMissing?: () => Promise<void>
  /** Called after a delivery was committed. */
  onApplied?: () => void
}

/** Most messages of one transaction. */
const BATCH = 100
const RETRY = 500

type Deliver = (messages: readonly ReceivedMessage[]) => Promise<DeliveryCount>

/**
 * Applies a stream in order for as long as the process lives, by a durable pull consumer. A message is
 * acknowledged after its transaction has committed. Resolves at once; the returned function stops it.
 */
export function consumeEvents<Tables>(options: ConsumeEventsOptions<Tables>): {
  stop(): Promise<void>
} {
  const pulse = createPulse()
  const deliver = countDeliveries(
    options,
    createDelivery(options.db, options.consumer, options.handlers),
  )
  const running = consume(options, deliver, pulse)
  return {
    async stop() {
      pulse.stop()
      await running
    },
  }
}

async function consume<Tables>(
  options: ConsumeEventsOptions<Tables>,
  deliver: Deliver,
  pulse: Pulse,
): Promise<void> {
  while (!pulse.stopped) {
    try {
      await openConsumer(options)
      await applyStream(options, deliver, pulse)
    } catch (err) {
      if (pulse.stopped) return
      options.log.warn(
        { reason: (err as Error).message, stream: options.stream },
        'stream not ready',
      )
      await options.onMissing?.().catch(() => {})
      await pulse.wait(RETRY)
    }
  }
}

async function openConsumer<Tables>({ nats, stream, consumer }: ConsumeEventsOptions<Tables>) {
  const manager = await jetstreamManager(nats, { checkAPI: false })
  await manager.consumers.add(stream, {
    durable_name: consumer,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: nanos(60_000),
    max_ack_pending: 1_000,
  })
}

async function applyStream<Tables>(
  options: ConsumeEventsOptions<Tables>,
  deliver: Deliver,
  pulse: Pulse,
): Promise<void> {
  const { nats, stream, consumer: name, log } = options
  const consumer = await jetstream(nats).consumers.get(stream, name)
  const messages = await consumer.consume({
    max_messages: 2 * BATCH,
    abort_on_missing_resource: true,
  })
  const waiting: JsMsg[] = []
  const arrived = createPulse()
  const reading = (async () => {
    for await (const message of messages) {
      waiting.push(message)
      arrived.beat()
    }
  })().finally(() => arrived.stop())
  try {
    while (!pulse.stopped && !(arrived.stopped && waiting.length === 0)) {
      const batch = waiting.splice(0, BATCH)
      if (batch.length === 0) await arrived.wait(RETRY)
      else await deliverUntilDone(batch, deliver, pulse, log)
      if (batch.length > 0) options.onApplied?.()
    }
  } finally {
    messages.stop()
  }
  await reading
}

async function deliverUntilDone(
  batch: readonly JsMsg[],
  deliver: Deliver,
  pulse: Pulse,
  log: Logger,
): Promise<void> {
  const received = batch.map((message) => ({
    subject: message.subject,
    streamSequence: message.seq,
    text: message.string(),
  }))
  while (!pulse.stopped) {
    try {
      await deliver(received)
      for (const message of batch) message.ack()
      return
    } catch (err) {
      log.warn({ err, from: batch[0]?.seq }, 'events could not be applied yet')
      for (const message of batch) message.working()
      await pulse.wait(RETRY)
    }
  }
}

function countDeliveries<Tables>(
  { consumer, metrics }: ConsumeEventsOptions<Tables>,
  deliver: Deliver,
): Deliver {
  const counter = new Counter({
    name: `events_${consumer.replaceAll('-', '_')}_total`,
    help: `Events that ${consumer} received, by what became of them`,
    labelNames: ['outcome'],
    registers: [metrics],
  })
  return async (messages) => {
    const count = await deliver(messages)
    for (const [outcome, number] of Object.entries(count)) counter.inc({ outcome }, number)
    return count
  }
}
