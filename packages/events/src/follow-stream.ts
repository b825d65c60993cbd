import {
  type ConsumerMessages,
  DeliverPolicy,
  jetstream,
  jetstreamManager,
  type StreamInfo,
} from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'

import { collectMessages, toReceived } from './collect-messages.ts'
import type { ReceivedMessage } from './deliver.ts'
import { createPulse, type Pulse } from './pulse.ts'
import type { StreamName } from './streams.ts'

/** How the end of the stream stands, as the server says it. */
export type StreamEnd = { created: string; firstSequence: number; lastSequence: number }

export type FollowStreamOptions = {
  nats: NatsConnection
  stream: StreamName
  log: Logger
  /**
   * Asked whenever the stream is opened (at first, after a lost connection, after it was made anew):
   * the sequence to begin with. May take its time; a rejection is a reason to try again.
   */
  start(end: StreamEnd): Promise<number>
  /** Applies messages in order; a rejection opens the stream again from `start`. */
  apply(messages: readonly ReceivedMessage[]): Promise<void>
  /** Told every `interval` ms while the server answers; not told while it is away. */
  onEnd?(end: StreamEnd): Promise<void> | void
  interval?: number
}

/** Most messages that are applied at once. */
const BATCH = 1_000
const RETRY = 500

/**
 * Reads a stream in order, without a consumer that the server keeps: for projections, which know
 * themselves how far they are. Resolves at once; the returned function stops it.
 */
export function followStream(options: FollowStreamOptions): { stop(): Promise<void> } {
  const pulse = createPulse()
  const open: { messages?: ConsumerMessages; created?: string } = {}
  const running = Promise.all([follow(options, pulse, open), watchEnd(options, pulse, open)])
  return {
    async stop() {
      pulse.stop()
      open.messages?.stop()
      await running
    },
  }
}

type Open = { messages?: ConsumerMessages; created?: string }

async function follow(options: FollowStreamOptions, pulse: Pulse, open: Open): Promise<void> {
  while (!pulse.stopped) {
    try {
      const end = await endOf(options)
      const from = await options.start(end)
      if (pulse.stopped) return
      const consumer = await jetstream(options.nats).consumers.get(options.stream, {
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: from,
      })
      open.created = end.created
      open.messages = await consumer.consume({
        max_messages: BATCH,
        expires: 10_000,
        idle_heartbeat: 1_000,
        abort_on_missing_resource: true,
      })
      await applyMessages(options, open.messages, pulse)
    } catch (error) {
      if (pulse.stopped) return
      const { stream, log } = options
      log.warn({ reason: (error as Error).message, stream }, 'stream not ready')
    } finally {
      open.messages?.stop()
    }
    await pulse.wait(RETRY)
  }
}

async function applyMessages(
  { apply }: FollowStreamOptions,
  messages: ConsumerMessages,
  pulse: Pulse,
): Promise<void> {
  const { waiting, arrived, reading } = collectMessages(messages)
  while (!pulse.stopped && !(arrived.stopped && waiting.length === 0)) {
    const batch = waiting.splice(0, BATCH)
    if (batch.length === 0) await arrived.wait(RETRY)
    else await apply(batch.map(toReceived))
  }
  messages.stop()
  await reading
}

/** Also notices, before the client does, that a stream was made anew or that the connection was lost. */
async function watchEnd(options: FollowStreamOptions, pulse: Pulse, open: Open): Promise<void> {
  let lost = false
  while (!pulse.stopped) {
    try {
      const end = await endOf(options)
      if (lost || (open.created !== undefined && end.created !== open.created))
        open.messages?.stop()
      lost = false
      await options.onEnd?.(end)
    } catch {
      lost = true
    }
    await pulse.wait(options.interval ?? 1_000)
  }
}

async function endOf({ nats, stream }: FollowStreamOptions): Promise<StreamEnd> {
  const manager = await jetstreamManager(nats, { checkAPI: false, timeout: 2_000 })
  const info: StreamInfo = await manager.streams.info(stream)
  const { first_seq: firstSequence, last_seq: lastSequence } = info.state
  return { created: info.created, firstSequence, lastSequence }
}
