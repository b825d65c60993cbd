import type { InboxTables } from '@lexchange/postgres'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { Counter, type Registry } from 'prom-client'

import { consumeStream } from './consume-stream.ts'
import { createDelivery, type DeliveryCount, type ReceivedMessage } from './deliver.ts'
import type { EventHandler } from './event-handler.ts'
import { createPulse } from './pulse.ts'
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

type Deliver = (messages: readonly ReceivedMessage[]) => Promise<DeliveryCount>

/**
 * Applies a stream in order for as long as the process lives, by a durable pull consumer. A message is
 * acknowledged after its transaction has committed. Resolves at once; the returned function stops it.
 */
export function consumeEvents<Tables>(options: ConsumeEventsOptions<Tables>): {
  stop(): Promise<void>
} {
  const { db, nats, stream, consumer, handlers, log, onMissing, onApplied } = options
  const pulse = createPulse()
  const deliver = countDeliveries(options, createDelivery(db, consumer, handlers))
  const running = consumeStream(
    {
      ...{ nats, stream, consumer, batch: BATCH, log },
      async apply(messages) {
        await deliver(messages)
        onApplied?.()
      },
      ...(onMissing && { onMissing }),
    },
    pulse,
  )
  return {
    async stop() {
      pulse.stop()
      await running
    },
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
