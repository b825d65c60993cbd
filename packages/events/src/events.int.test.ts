import { readFileSync } from 'node:fs'
import { type CloudEvent, issuanceEvents } from '@lexchange/contracts'
import {
  appendToOutbox,
  CREATE_INBOX,
  CREATE_OUTBOX,
  CREATE_OUTBOX_CREATED,
  CREATE_OUTBOX_PENDING,
  CREATE_PARKED_EVENT,
  CREATE_PARKED_EVENT_ONCE,
  createDatabase,
  type InboxTables,
  type OutboxTables,
} from '@lexchange/postgres'
import { createTestDatabase, startTestNats, type TestNats, waitFor } from '@lexchange/testing'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { type Kysely, sql } from 'kysely'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import {
  connectNats,
  consumeEvents,
  createDelivery,
  defineEventHandler,
  ensureStreams,
  publishOutbox,
  startOutboxRelay,
} from './index.ts'

interface AppliedTables {
  applied: { license_id: string; sequence: number; name: string }
}
type Tables = OutboxTables & InboxTables & AppliedTables

const log = pino({ level: 'silent' })
const fixture = JSON.parse(
  readFileSync(
    new URL('../../contracts/fixtures/issuance.issued.v1.json', import.meta.url),
    'utf8',
  ),
) as CloudEvent<{ licenseId: string }>

let database: Awaited<ReturnType<typeof createTestDatabase>>
let db: Kysely<Tables>
let server: TestNats
let nats: NatsConnection

beforeAll(async () => {
  database = await createTestDatabase()
  db = createDatabase<Tables>({ connectionString: database.url })
  for (const statement of [
    CREATE_OUTBOX,
    CREATE_OUTBOX_PENDING,
    CREATE_OUTBOX_CREATED,
    CREATE_INBOX,
    CREATE_PARKED_EVENT,
    CREATE_PARKED_EVENT_ONCE,
  ])
    await statement.execute(db)
  await sql`create table applied (license_id text, sequence int, name text)`.execute(db)
  server = await startTestNats()
  nats = await connectNats({ servers: server.servers, name: 'test', log })
  await ensureStreams(nats)
})

afterAll(async () => {
  await nats?.close()
  await db?.destroy()
  await server?.stop()
  await database?.drop()
})

function eventOf(licenseId: string, sequence: number): CloudEvent {
  return {
    ...fixture,
    id: crypto.randomUUID(),
    subject: licenseId,
    sequence: String(sequence),
    data: { ...fixture.data, licenseId },
  }
}

const SUBJECT = 'issuance.440300.business-license.issued'
const LICENSE = '019ab3f2-7c00-7000-8000-0000000000aa'

function append(...events: CloudEvent[]) {
  return db
    .transaction()
    .execute((trx) => appendToOutbox(trx, ...events.map((event) => ({ subject: SUBJECT, event }))))
}

async function streamed(): Promise<CloudEvent[]> {
  const manager = await jetstreamManager(nats, { checkAPI: false })
  const { state } = await manager.streams.info('ISSUANCE')
  const events: CloudEvent[] = []
  for (let seq = state.first_seq; seq <= state.last_seq && seq > 0; seq++) {
    const message = await manager.streams.getMessage('ISSUANCE', { seq })
    if (message) events.push(message.json<CloudEvent>())
  }
  return events
}

const onIssued = defineEventHandler<AppliedTables, typeof issuanceEvents.issued>({
  event: issuanceEvents.issued,
  async handle(trx, event) {
    await trx
      .insertInto('applied')
      .values({
        license_id: event.subject,
        sequence: Number(event.sequence),
        name: event.data.number,
      })
      .execute()
  },
})

/** Transactions of other tests in this cluster count as older ones while they run: nothing passes them. */
async function publishAll(): Promise<number> {
  let all = 0
  await waitFor(async () => {
    const { published, waiting } = await publishOutbox(db, jetstream(nats))
    all += published
    return !waiting
  })
  return all
}

describe('publishOutbox', () => {
  it('publishes each row once, although it runs twice and a repetition is sent', async () => {
    const event = eventOf(LICENSE, 1)
    await append(event)
    expect(await publishAll()).toBe(1)
    expect(await publishAll()).toBe(0)
    await sql`update outbox set published_at = null`.execute(db)
    expect(await publishAll()).toBe(1)
    expect((await streamed()).filter(({ id }) => id === event.id)).toHaveLength(1)
  })

  it('does not let a later transaction overtake an older one that still runs', async () => {
    const [older, later] = [eventOf(LICENSE, 2), eventOf(LICENSE, 3)]
    const opened = Promise.withResolvers<void>()
    const commit = Promise.withResolvers<void>()
    const slow = db.transaction().execute(async (trx) => {
      await appendToOutbox(trx, { subject: SUBJECT, event: older })
      opened.resolve()
      await commit.promise
    })
    await opened.promise
    await append(later)
    expect(await publishOutbox(db, jetstream(nats))).toEqual({ published: 0, waiting: true })
    commit.resolve()
    await slow
    expect(await publishAll()).toBe(2)
    expect((await streamed()).slice(-2).map(({ id }) => id)).toEqual([older.id, later.id])
  })
})

describe('startOutboxRelay', () => {
  it('publishes what two relays find, in order and once, and goes on after an outage of NATS', async () => {
    const relays = [1, 2].map(() =>
      startOutboxRelay({
        db,
        database: { connectionString: database.url },
        nats,
        log,
        metrics: new Registry(),
        onRefused: () => ensureStreams(nats),
      }),
    )
    try {
      const before = (await streamed()).length
      const events = Array.from({ length: 20 }, (_, index) => eventOf(LICENSE, index + 4))
      for (const event of events.slice(0, 10)) await append(event)
      await waitFor(async () => (await streamed()).length === before + 10)
      await server.kill()
      for (const event of events.slice(10)) await append(event)
      await server.start()
      await waitFor(async () => (await streamed()).length === before + 20, { timeout: 30_000 })
      expect((await streamed()).slice(before).map(({ id }) => id)).toEqual(
        events.map(({ id }) => id),
      )
    } finally {
      await Promise.all(relays.map((relay) => relay.stop()))
    }
  })
})

describe('createDelivery', () => {
  const message = (text: string, streamSequence = 1) => ({ subject: SUBJECT, streamSequence, text })

  it('applies a message once', async () => {
    const deliver = createDelivery<AppliedTables>(db as never, 'once', [onIssued as never])
    const text = JSON.stringify(eventOf('019ab3f2-7c00-7000-8000-0000000000b0', 1))
    expect(await deliver([message(text), message(text)])).toEqual({
      applied: 1,
      repeated: 1,
      parked: 0,
    })
    expect(await deliver([message(text)])).toMatchObject({ repeated: 1 })
  })

  it('parks what can never be applied, with its reason, and applies the rest', async () => {
    const deliver = createDelivery<AppliedTables>(db as never, 'parking', [onIssued as never])
    const good = eventOf('019ab3f2-7c00-7000-8000-0000000000b1', 1)
    const texts = [
      'not json',
      JSON.stringify({ ...good, type: 'lexchange.license.issued.v9' }),
      JSON.stringify({ ...good, data: { ...fixture.data, region: 'x' } }),
      JSON.stringify(good),
    ]
    const counts = await deliver(texts.map((text, index) => message(text, index + 1)))
    expect(counts).toEqual({ applied: 1, repeated: 0, parked: 3 })
    const parked = await db
      .selectFrom('parked_event')
      .select(['reason', 'detail'])
      .where('consumer', '=', 'parking')
      .orderBy('stream_sequence')
      .execute()
    expect(parked.map(({ reason }) => reason)).toEqual([
      'event-malformed',
      'event-unknown',
      'event-malformed',
    ])
    expect(parked[2]?.detail).toContain('/data/region')
    await deliver([message('not json', 1)])
    expect(
      await db.selectFrom('parked_event').select('id').where('consumer', '=', 'parking').execute(),
    ).toHaveLength(3)
  })

  it('claims nothing when the database fails', async () => {
    const deliver = createDelivery<AppliedTables>(db as never, 'failing', [onIssued as never])
    const text = JSON.stringify(eventOf('019ab3f2-7c00-7000-8000-0000000000b2', 1))
    await sql`alter table applied rename to applied_away`.execute(db)
    await expect(deliver([message(text)])).rejects.toThrow()
    await sql`alter table applied_away rename to applied`.execute(db)
    expect(await deliver([message(text)])).toMatchObject({ applied: 1 })
  })
})

describe('consumeEvents', () => {
  it('applies the stream in order and survives that the server is killed', async () => {
    await sql`delete from applied`.execute(db)
    const consumer = consumeEvents<AppliedTables>({
      db: db as never,
      nats,
      stream: 'ISSUANCE',
      consumer: 'test-consumer',
      handlers: [onIssued as never],
      log,
      metrics: new Registry(),
      onMissing: () => ensureStreams(nats),
    })
    const id = '019ab3f2-7c00-7000-8000-0000000000c0'
    const applied = async () => {
      const rows = await db
        .selectFrom('applied')
        .select('sequence')
        .where('license_id', '=', id)
        .execute()
      return rows.map(({ sequence }) => sequence)
    }
    try {
      const stream = jetstream(nats)
      const publish = (sequence: number) =>
        stream.publish(SUBJECT, JSON.stringify(eventOf(id, sequence)))
      await publish(1)
      await waitFor(async () => (await applied()).length === 1)
      await server.kill()
      await server.start()
      await waitFor(async () => {
        await publish(2)
        return true
      })
      await waitFor(async () => (await applied()).at(-1) === 2, { timeout: 30_000 })
      expect((await applied()).slice(0, 2)).toEqual([1, 2])
    } finally {
      await consumer.stop()
    }
  })
})
