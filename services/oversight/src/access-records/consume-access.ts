import { createPulse, type Pulse, type ReceivedMessage } from '@lexchange/events'
import {
  AckPolicy,
  DeliverPolicy,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream'
import { type NatsConnection, nanos } from '@nats-io/transport-node'
import type { Logger } from 'pino'

export type ConsumeAccessOptions = {
  nats: NatsConnection
  log: Logger
  /** Applies messages; a rejection is a reason to try the same ones again. */
  apply(messages: readonly ReceivedMessage[]): Promise<void>
  /** Called between deliveries, and at least every `interval` ms. */
  rest(): Promise<void>
  interval: number
}

export const CONSUMER = 'oversight-access'
/** Most messages of one transaction; each holds up to 500 records. */
const BATCH = 64
const RETRY = 500

/** Reads ACCESS until `pulse` stops, and acknowledges what `apply` has stored. */
export async function consumeAccess(options: ConsumeAccessOptions, pulse: Pulse): Promise<void> {
  while (!pulse.stopped) {
    try {
      await openConsumer(options.nats)
      await readStream(options, pulse)
    } catch (err) {
      if (pulse.stopped) return
      options.log.warn({ reason: (err as Error).message, stream: 'ACCESS' }, 'stream not ready')
      await options.rest()
      await pulse.wait(RETRY)
    }
  }
}

async function openConsumer(nats: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(nats, { checkAPI: false })
  await manager.consumers.add('ACCESS', {
    durable_name: CONSUMER,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: nanos(60_000),
    max_ack_pending: 1_000,
  })
}

async function readStream(options: ConsumeAccessOptions, pulse: Pulse): Promise<void> {
  const consumer = await jetstream(options.nats).consumers.get('ACCESS', CONSUMER)
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
  // Awaited at the end; until then a failure must not count as unhandled.
  reading.catch(() => {})
  try {
    while (!pulse.stopped && !(arrived.stopped && waiting.length === 0)) {
      const batch = waiting.splice(0, BATCH)
      if (batch.length > 0) await applyUntilDone(batch, options, pulse)
      else await arrived.wait(options.interval)
      await options.rest()
    }
  } finally {
    messages.stop()
    // Who records next need not wait until these count as lost.
    for (const message of waiting) message.nak()
  }
  await reading
}

async function applyUntilDone(
  batch: readonly JsMsg[],
  { apply, log }: ConsumeAccessOptions,
  pulse: Pulse,
): Promise<void> {
  const received = batch.map((message) => ({
    subject: message.subject,
    streamSequence: message.seq,
    text: message.string(),
  }))
  while (!pulse.stopped) {
    try {
      await apply(received)
      for (const message of batch) message.ack()
      return
    } catch (err) {
      log.warn({ err, from: batch[0]?.seq }, 'access records could not be stored yet')
      for (const message of batch) message.working()
      await pulse.wait(RETRY)
    }
  }
}
