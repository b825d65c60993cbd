import {
  AckPolicy,
  DeliverPolicy,
  type JetStreamApiError,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream'
import { type NatsConnection, nanos } from '@nats-io/transport-node'
import type { Logger } from 'pino'

import { collectMessages, toReceived } from './collect-messages.ts'
import type { ReceivedMessage } from './deliver.ts'
import type { Pulse } from './pulse.ts'
import type { StreamName } from './streams.ts'

export type ConsumeStreamOptions = {
  nats: NatsConnection
  stream: StreamName
  /** Name of the durable consumer. */
  consumer: string
  /** Most messages that are applied at once. */
  batch: number
  log: Logger
  /** Applies messages, in order; a rejection is a reason to try the same ones again. */
  apply(messages: readonly ReceivedMessage[]): Promise<void>
  /** Called between two deliveries, and at least every `interval` ms. */
  rest?: () => Promise<void>
  /** In ms; 500 where it is left out. */
  interval?: number
  /** Called when the stream is missing, e.g. to create it. */
  onMissing?: () => Promise<void>
}

const RETRY = 500
/** The server's code for a consumer that is there with other settings. */
const ALREADY_EXISTS = 10_148
/** What a killed reader had in hand comes again after this long, in ms. */
const ACK_WAIT = 10_000
/** A reader that lives says of what it has in hand that it works on it: this often, in ms. */
const WORKING = 3_000
/** By then the server knows that nobody reads; what is given back at once may go to the reader that left. */
const HANDED_OVER = 1_000

/**
 * Reads a stream by a durable pull consumer until `pulse` stops. A message is acknowledged after `apply`
 * has resolved for it.
 */
export async function consumeStream(options: ConsumeStreamOptions, pulse: Pulse): Promise<void> {
  const { stream, log } = options
  while (!pulse.stopped) {
    try {
      await openConsumer(options)
      await readStream(options, pulse)
    } catch (err) {
      if (pulse.stopped) return
      log.warn({ reason: (err as Error).message, stream }, 'stream not ready')
      await options.onMissing?.().catch(() => {})
      await options.rest?.()
      await pulse.wait(RETRY)
    }
  }
}

async function openConsumer({ nats, stream, consumer }: ConsumeStreamOptions): Promise<void> {
  const manager = await jetstreamManager(nats, { checkAPI: false })
  const changeable = { ack_wait: nanos(ACK_WAIT), max_ack_pending: 1_000 }
  await manager.consumers
    .add(stream, {
      durable_name: consumer,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ...changeable,
    })
    .catch(async (error: unknown) => {
      // An earlier version has made it. Servers before 2.10 update it by `add`.
      if ((error as JetStreamApiError).code !== ALREADY_EXISTS) throw error
      await manager.consumers.update(stream, consumer, changeable)
    })
}

async function readStream(options: ConsumeStreamOptions, pulse: Pulse): Promise<void> {
  const { nats, stream, consumer: name, batch: size, interval = RETRY } = options
  const consumer = await jetstream(nats).consumers.get(stream, name)
  const messages = await consumer.consume({
    max_messages: 2 * size,
    abort_on_missing_resource: true,
  })
  const { waiting, arrived, reading } = collectMessages(messages)
  let batch: JsMsg[] = []
  const working = setInterval(() => {
    for (const message of [...batch, ...waiting]) message.working()
  }, WORKING)
  try {
    while (!pulse.stopped && !(arrived.stopped && waiting.length === 0)) {
      batch = waiting.splice(0, size)
      if (batch.length > 0) await applyUntilDone(batch, options, pulse)
      else await arrived.wait(interval)
      await options.rest?.()
    }
  } finally {
    clearInterval(working)
    messages.stop()
    giveBack(waiting)
  }
  await reading
}

async function applyUntilDone(
  batch: readonly JsMsg[],
  { apply, log, stream }: ConsumeStreamOptions,
  pulse: Pulse,
): Promise<void> {
  const received = batch.map(toReceived)
  while (!pulse.stopped) {
    try {
      await apply(received)
      for (const message of batch) message.ack()
      return
    } catch (err) {
      log.warn({ err, stream, from: batch[0]?.seq }, 'events could not be applied yet')
      await pulse.wait(RETRY)
    }
  }
  giveBack(batch)
}

/** Who reads next need not wait until these count as lost. */
function giveBack(messages: readonly JsMsg[]): void {
  for (const message of messages) message.nak(HANDED_OVER)
}
