import {
  consumeEvents,
  createPulse,
  type EventHandler,
  ensureStreams,
  type Pulse,
  type StreamName,
  startOutboxRelay,
} from '@lexchange/events'
import type { DatabaseOptions } from '@lexchange/postgres'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

import { completeDirectory } from '../directory/index.ts'
import { CONSUMER, type EntryTables } from '../entries/index.ts'
import { onSealedMessage, SEALED_CONSUMER, startErasing } from '../sealed-claims/index.ts'
import { readPosition } from './read-position.ts'

export type StreamsOptions = {
  db: Kysely<EntryTables>
  database: DatabaseOptions
  /** Resolves once a server was reached; HTTP does not wait for it. */
  nats: Promise<NatsConnection>
  handlers: readonly EventHandler<EntryTables>[]
  /** What is applied of other streams. */
  others?: readonly Consumption[]
  replicas: number
  log: Logger
  metrics: Registry
}

/** A stream that a durable consumer of its own applies. */
export type Consumption = {
  stream: StreamName
  consumer: string
  handlers: readonly EventHandler<never>[]
}

type Link = { nats?: NatsConnection; connected: boolean; prepared: boolean }

const RETRY = 1_000

/**
 * The registry owns the streams: it makes those that are missing, at start and after each reconnect,
 * announces the directory to a new one, publishes its outbox and applies ISSUANCE.
 */
export function runStreams(options: StreamsOptions) {
  const pulse = createPulse()
  const link: Link = { connected: false, prepared: false }
  const running = options.nats.then(async (nats) => {
    Object.assign(link, { nats, connected: true })
    void followConnection(options, link, nats, pulse)
    await prepareUntilDone(options, link, nats, pulse)
    return pulse.stopped ? undefined : startWork(options, link, nats)
  })
  running.catch((err: unknown) => options.log.error({ err }, 'streams are not served'))

  return {
    readPosition: (stream: 'LICENSES' | 'SEALED') =>
      readPosition(link.connected ? link.nats : undefined, stream),
    /** For readiness: without NATS the registry answers, and events wait. */
    checkHealth(): string | undefined {
      if (!link.prepared) throw new Error('not connected yet')
      return link.connected ? undefined : 'disconnected: events wait in the outbox and in ISSUANCE'
    },
    async stop() {
      pulse.stop()
      // A server that was never reached is not waited for.
      if (!link.nats) return
      const work = await running.catch(() => undefined)
      for (const each of work ?? []) await each.stop()
      await link.nats.close()
    },
  }
}

function startWork(
  options: StreamsOptions,
  link: Link,
  nats: NatsConnection,
): { stop(): Promise<void> }[] {
  const common = { ...options, nats, db: options.db as never }
  const onMissing = () => prepare(options, link, nats)
  return [
    consumeEvents<EntryTables>({ ...common, stream: 'ISSUANCE', consumer: CONSUMER, onMissing }),
    consumeEvents<EntryTables>({
      ...common,
      stream: 'SEALED',
      consumer: SEALED_CONSUMER,
      handlers: onSealedMessage() as never,
      onMissing,
    }),
    ...(options.others ?? []).map(({ stream, consumer, handlers }) =>
      consumeEvents({ ...common, stream, consumer, handlers: handlers as never, onMissing }),
    ),
    startErasing(common),
    startOutboxRelay({ ...common, onRefused: onMissing }),
  ]
}

async function prepare(
  { db, log, replicas }: StreamsOptions,
  link: Link,
  nats: NatsConnection,
): Promise<void> {
  await ensureStreams(nats, replicas)
  const announced = await completeDirectory(db, nats)
  if (announced > 0) log.info({ entries: announced }, 'directory announced again')
  link.prepared = true
}

async function prepareUntilDone(
  options: StreamsOptions,
  link: Link,
  nats: NatsConnection,
  pulse: Pulse,
): Promise<void> {
  while (!pulse.stopped) {
    try {
      await prepare(options, link, nats)
      return
    } catch (err) {
      if (!pulse.stopped) options.log.warn({ err }, 'streams not ready yet')
      await pulse.wait(RETRY)
    }
  }
}

async function followConnection(
  options: StreamsOptions,
  link: Link,
  nats: NatsConnection,
  pulse: Pulse,
): Promise<void> {
  for await (const { type } of nats.status()) {
    if (type === 'disconnect') link.connected = false
    if (type !== 'reconnect') continue
    link.connected = true
    // Not awaited: a second loss of the connection must be seen meanwhile.
    void prepareUntilDone(options, link, nats, pulse)
  }
}
