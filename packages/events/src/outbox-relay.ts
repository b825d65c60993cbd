import {
  createConnection,
  type DatabaseOptions,
  OUTBOX_CHANNEL,
  type OutboxTables,
} from '@lexchange/postgres'
import { jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { type Kysely, sql } from 'kysely'
import type { Client } from 'pg'
import type { Logger } from 'pino'
import { Counter, Gauge, type Registry } from 'prom-client'
import { publishOutbox } from './publish-outbox.ts'
import { createPulse, type Pulse } from './pulse.ts'

export type OutboxRelayOptions = {
  db: Kysely<OutboxTables>
  /** For a connection of its own, which holds the leader's lock and listens. */
  database: DatabaseOptions
  nats: NatsConnection
  log: Logger
  metrics: Registry
  /** Called after the stream refused a message, e.g. to create streams that are missing. */
  onRefused?: () => Promise<void>
}

/** "lexoutbo" as a number; one lock per database, so each service has its own leader. */
const LEADER_LOCK = '7811900245937287791'
/** How often the relay looks without having been woken, in ms. */
const POLL = 1_000
/** How soon it looks again for rows behind a transaction that still runs, in ms. */
const SETTLE = 5

/**
 * Publishes the outbox for as long as the process lives: one leader among all replicas by an advisory
 * lock, woken by NOTIFY. Resolves at once; the returned function stops it.
 */
export function startOutboxRelay(options: OutboxRelayOptions): { stop(): Promise<void> } {
  const pulse = createPulse()
  const published = new Counter({
    name: 'outbox_published_total',
    help: 'Events published from the outbox',
    registers: [options.metrics],
  })
  measurePending(options)
  const running = lead(options, pulse, published)
  return {
    async stop() {
      pulse.stop()
      await running
    },
  }
}

async function lead(options: OutboxRelayOptions, pulse: Pulse, published: Counter): Promise<void> {
  while (!pulse.stopped) {
    const client = createConnection(options.database)
    client.on('error', () => pulse.beat())
    try {
      await client.connect()
      if (await becomeLeader(client, pulse)) await relay(options, client, pulse, published)
    } catch (err) {
      options.log.warn({ err }, 'outbox relay interrupted')
      await pulse.wait(POLL)
    } finally {
      // Ending the session gives the lock back.
      await client.end().catch(() => {})
    }
  }
}

async function becomeLeader(client: Client, pulse: Pulse): Promise<boolean> {
  while (!pulse.stopped) {
    const { rows } = await client.query(`select pg_try_advisory_lock(${LEADER_LOCK}) as leader`)
    if (rows[0]?.leader) return true
    await pulse.wait(POLL)
  }
  return false
}

async function relay(
  { db, nats, log, onRefused }: OutboxRelayOptions,
  client: Client,
  pulse: Pulse,
  published: Counter,
): Promise<void> {
  const stream = jetstream(nats)
  let lost = false
  client.on('end', () => {
    lost = true
    pulse.beat()
  })
  client.on('notification', () => pulse.beat())
  await client.query(`listen ${OUTBOX_CHANNEL}`)
  log.info('outbox relay leads')
  // A lost session has lost the lock: another relay may lead then.
  while (!pulse.stopped && !lost) {
    try {
      const count = await publishOutbox(db, stream)
      published.inc(count.published)
      if (count.published > 0) continue
      await client.query('select 1')
      await pulse.wait(count.waiting ? SETTLE : POLL)
    } catch (err) {
      log.warn({ err }, 'events could not be published yet')
      await onRefused?.().catch((error: unknown) => log.warn({ err: error }, 'streams not ready'))
      await pulse.wait(POLL)
    }
  }
}

function measurePending({ db, metrics }: OutboxRelayOptions): void {
  new Gauge({
    name: 'outbox_pending',
    help: 'Events that wait to be published',
    registers: [metrics],
    async collect() {
      // A database that is away must not take the other metrics with it.
      this.set(await countPending(db).catch(() => Number.NaN))
    },
  })
}

async function countPending(db: Kysely<OutboxTables>): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*) as count from outbox where published_at is null`.execute(db)
  return Number(rows[0]?.count ?? 0)
}
