import type { AccessRecord } from '@lexchange/contracts'
import { consumeStream, createPulse, type Pulse, type ReceivedMessage } from '@lexchange/events'
import {
  createConnection,
  type DatabaseOptions,
  type InboxTables,
  parkEvent,
} from '@lexchange/postgres'
import { DomainError } from '@lexchange/problems'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { Counter, type Registry } from 'prom-client'

import type { AccessRecordTables } from './access-record.tables.ts'
import type { Partitions } from './create-partitions.ts'
import { readMessage } from './read-messages.ts'
import { recordAccess } from './record-access.ts'

export type RecordingOptions = {
  db: Kysely<AccessRecordTables & InboxTables>
  /** For a connection of its own, which holds the leader's lock. */
  database: DatabaseOptions
  nats: NatsConnection
  partitions: Partitions
  log: Logger
  metrics: Registry
  watcher: RecordWatcher
  /** How long new records may wait for the watcher, in ms. */
  interval: number
}

/** What looks at records once they are stored, in the one process that records. */
export type RecordWatcher = {
  /** This process records from now on: what was seen before may be out of date. */
  begin(): Promise<void>
  see(records: readonly AccessRecord[]): Promise<void>
  /** Draws its conclusions. */
  conclude(): Promise<void>
}

const CONSUMER = 'oversight-access'
/** Most messages of one transaction; each holds up to 500 records. */
const BATCH = 64
const LEADER_LOCK = '7811900245937287793'
const RETRY = 1_000
const WATCH = 100

/**
 * Records ACCESS for as long as the process lives: one of all replicas does, because what a day adds up
 * to is kept in its memory. Resolves at once; the returned function stops it.
 */
export function startRecording(options: RecordingOptions): { stop(): Promise<void> } {
  const pulse = createPulse()
  const count = createCounter(options.metrics)
  const running = lead(options, pulse, count)
  return {
    async stop() {
      pulse.stop()
      await running
    },
  }
}

async function lead(options: RecordingOptions, pulse: Pulse, count: Counter): Promise<void> {
  while (!pulse.stopped) {
    const client = createConnection(options.database)
    const term = createPulse()
    client.on('error', () => term.stop())
    client.on('end', () => term.stop())
    try {
      await client.connect()
      if (!(await becomeLeader(client, pulse))) return
      const watching = watchTerm(client, term, pulse)
      await record(options, term, count)
      term.stop()
      await watching
    } catch (err) {
      options.log.warn({ err }, 'recording interrupted')
      await pulse.wait(RETRY)
    } finally {
      term.stop()
      // Ending the session gives the lock back.
      await client.end().catch(() => {})
    }
  }
}

/** Ends the term when the process is to stop, or when the session and so the lock is gone without a word. */
async function watchTerm(
  client: ReturnType<typeof createConnection>,
  term: Pulse,
  pulse: Pulse,
): Promise<void> {
  let asked = Date.now()
  while (!term.stopped && !pulse.stopped) {
    await new Promise((resolve) => setTimeout(resolve, WATCH))
    if (Date.now() - asked < RETRY) continue
    asked = Date.now()
    await client.query('select 1').catch(() => term.stop())
  }
  term.stop()
}

async function becomeLeader(
  client: ReturnType<typeof createConnection>,
  pulse: Pulse,
): Promise<boolean> {
  while (!pulse.stopped) {
    const { rows } = await client.query(`select pg_try_advisory_lock(${LEADER_LOCK}) as leader`)
    if (rows[0]?.leader) return true
    await pulse.wait(RETRY)
  }
  return false
}

async function record(options: RecordingOptions, term: Pulse, count: Counter): Promise<void> {
  const { nats, log, watcher, interval } = options
  await watcher.begin()
  log.info('records access')
  let concludedAt = 0
  await consumeStream(
    {
      ...{ nats, stream: 'ACCESS', consumer: CONSUMER, batch: BATCH, log, interval },
      apply: (messages) => applyMessages(options, messages, count),
      async rest() {
        if (Date.now() - concludedAt < interval) return
        concludedAt = Date.now()
        // What it could not conclude stays due.
        await watcher.conclude().catch((err: unknown) => log.warn({ err }, 'rules not applied yet'))
      },
    },
    term,
  )
}

/** Parks what no later try can apply, and stores the rest. */
async function applyMessages(
  options: RecordingOptions,
  messages: readonly ReceivedMessage[],
  count: Counter,
): Promise<void> {
  const { db, partitions, watcher } = options
  const records: AccessRecord[] = []
  for (const message of messages) {
    const read = readMessage(message.text)
    if (read instanceof DomainError) {
      await parkEvent(db, {
        consumer: CONSUMER,
        ...message,
        message: message.text.replaceAll('\0', ''),
        reason: read.code,
        detail: read.message,
      })
      count.inc({ outcome: 'parked' })
    } else records.push(...read)
  }
  const recorded = await recordAccess({ db, partitions }, records)
  await watcher.see(recorded.fresh)
  count.inc({ outcome: 'recorded' }, recorded.fresh.length)
  count.inc({ outcome: 'repeated' }, recorded.repeated)
  count.inc({ outcome: 'conflicting' }, recorded.conflicting)
}

function createCounter(metrics: Registry): Counter {
  return new Counter({
    name: 'access_records_total',
    help: 'Access records received, by what became of them; parked counts messages',
    labelNames: ['outcome'],
    registers: [metrics],
  })
}
