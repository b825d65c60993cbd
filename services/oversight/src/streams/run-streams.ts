import { consumeEvents, startOutboxRelay } from '@lexchange/events'
import type { DatabaseOptions } from '@lexchange/postgres'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

import { type Partitions, type RecordWatcher, startRecording } from '../access-records/index.ts'
import { type Directory, directoryHandlers } from '../directory/index.ts'

export type StreamsOptions = {
  db: Kysely<never>
  database: DatabaseOptions
  /** Resolves once a server was reached; HTTP does not wait for it. */
  nats: Promise<NatsConnection>
  directory: Directory
  partitions: Partitions
  watcher: RecordWatcher
  interval: number
  log: Logger
  metrics: Registry
}

/** Name of the durable consumer on DIRECTORY; all replicas share it, and the database. */
const CONSUMER = 'oversight'

/** Follows DIRECTORY, records ACCESS, and publishes measures from the outbox. */
export function runStreams(options: StreamsOptions) {
  const link: { nats?: NatsConnection; connected: boolean } = { connected: false }
  const { directory, log, metrics } = options
  const running = options.nats.then((nats) => {
    Object.assign(link, { nats, connected: true })
    void followConnection(link, nats)
    const db = options.db as never
    return [
      consumeEvents({
        ...{ db, nats, log, metrics, stream: 'DIRECTORY', consumer: CONSUMER },
        handlers: directoryHandlers,
        onApplied: directory.refresh,
      }),
      startRecording({ ...options, db, nats }),
      startOutboxRelay({ ...options, db, nats }),
    ]
  })
  running.catch((err: unknown) => log.error({ err }, 'streams are not served'))
  return {
    /** For readiness: without NATS oversight answers from what it has. */
    checkHealth: () =>
      link.connected ? undefined : 'away: access records and measures wait in their queues',
    async stop() {
      // A server that was never reached is not waited for.
      if (!link.nats) return
      for (const work of (await running.catch(() => undefined)) ?? []) await work.stop()
      await link.nats.close()
    },
  }
}

async function followConnection(link: { connected: boolean }, nats: NatsConnection): Promise<void> {
  for await (const { type } of nats.status()) {
    if (type === 'disconnect') link.connected = false
    if (type === 'reconnect') link.connected = true
  }
}
