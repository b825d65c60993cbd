import type { CloudEvent } from '@lexchange/contracts'
import { waitFor } from '@lexchange/testing'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { sql } from 'kysely'
import { v7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startRegistry, type TestRegistry } from '../../test/start-registry.ts'
import { announce, callerOf, openEvents, orderOf, startEndpoint } from '../../test/subscribers.ts'

let registry: TestRegistry
let tax: ReturnType<typeof callerOf>

beforeAll(async () => {
  const retryPolicy = { waitAfter: () => 20, giveUpAfter: 60_000, timeout: 2_000 }
  registry = await startRegistry({ WEBHOOK_ALLOW_LOCAL: 'yes' }, { retryPolicy })
  tax = callerOf(registry, 'tax-department')
})
afterAll(() => registry.stop())

async function subscribe(delivery: object, filter: object = {}) {
  const answer = await tax('POST', '', { filter, delivery })
  expect(answer.statusCode, answer.body).toBe(201)
  return answer.json()
}

/** What the consumer of a subscription has, each acknowledged. */
async function pull(consumer: string, found: CloudEvent[] = []): Promise<CloudEvent[]> {
  const reader = await jetstream(registry.nats).consumers.get('DELIVERIES', consumer)
  for (;;) {
    const message = await reader.next({ expires: 1_000 })
    if (!message) return found
    found.push(message.json())
    message.ack()
    if (message.info.pending === 0) return found
  }
}

/** Pulls for as long as it is not stopped, whatever breaks meanwhile. */
function pullOn(consumer: string) {
  const found: CloudEvent[] = []
  let stopped = false
  const running = (async () => {
    while (!stopped) await pull(consumer, found).catch(() => registry.nats.flush().catch(() => {}))
  })()
  return {
    found,
    async stop() {
      stopped = true
      await running
    },
  }
}

/** As the process that leads ends: the session that holds the lock is gone, and another one leads. */
async function endLeader(): Promise<void> {
  await sql`select pg_terminate_backend(pid) from pg_locks
    where locktype = 'advisory' and classid = 7810781509860618101 >> 32
      and objid = 7810781509860618101 & 4294967295`.execute(registry.db)
}

async function endNats(): Promise<void> {
  await registry.natsServer.kill()
  await registry.natsServer.start()
  await waitFor(() => registry.nats.flush().then(() => true))
}

const idsOf = (events: readonly CloudEvent[]) => [...new Set(events.map(({ id }) => id))].sort()

describe('the fan-out', () => {
  it('brings every event in order to all three deliveries while NATS and the leader end', async () => {
    const endpoint = await startEndpoint()
    const [queue, hook, stream] = await Promise.all([
      subscribe({ kind: 'jetstream' }),
      subscribe({ kind: 'webhook', url: endpoint.url }),
      subscribe({ kind: 'sse' }),
    ])
    const connection = await openEvents(registry, stream.id)
    const pulling = pullOn(queue.delivery.consumer)
    const licenses = Array.from({ length: 20 }, () => v7())
    const sent: CloudEvent[] = []
    const faults: Record<number, () => Promise<void>> = { 3: endLeader, 4: endNats, 6: endLeader }
    for (let sequence = 1; sequence <= 6; sequence++) {
      await faults[sequence]?.()
      for (const license of licenses)
        sent.push((await announce(registry.nats, { license, sequence })) as CloudEvent)
    }
    await waitFor(() => idsOf(pulling.found).length === sent.length, { timeout: 30_000 })
    await pulling.stop()
    const hooked = () => endpoint.received.map(({ event }) => event)
    await waitFor(() => idsOf(hooked()).length === sent.length, { timeout: 30_000 })
    const streamed = () => connection.events.map(({ event }) => event)
    await waitFor(() => idsOf(streamed()).length === sent.length, { timeout: 30_000 })

    for (const events of [pulling.found, hooked(), streamed()]) {
      expect(idsOf(events)).toEqual(idsOf(sent))
      for (const license of licenses)
        expect(orderOf(events).get(license)).toEqual([1, 2, 3, 4, 5, 6])
    }
    for (const id of [queue.id, hook.id, stream.id])
      await waitFor(async () => (await tax('GET', `/${id}`)).json().lag === 0)
    const manager = await jetstreamManager(registry.nats)
    const { state } = await manager.streams.info('LICENSES')
    expect((await tax('GET', `/${queue.id}`)).json().position).toBe(state.last_seq)
    connection.close()
    await endpoint.stop()
    for (const { id } of [queue, hook, stream]) await tax('DELETE', `/${id}`)
  })

  it('copies only what the filter asks for, with the position of each', async () => {
    const filter = { types: ['business-license'], regions: ['440000'], events: ['issued'] }
    const { id } = await subscribe({ kind: 'jetstream' }, filter)
    const wanted = await announce(registry.nats, { license: v7(), sequence: 1, region: '440305' })
    await announce(registry.nats, { license: v7(), sequence: 2, region: '440305' })
    await announce(registry.nats, { license: v7(), sequence: 1, region: '110000' })
    const other = { license: v7(), sequence: 1, type: 'food-operation-permit' }
    const last = await announce(registry.nats, other)
    await waitFor(async () => (await tax('GET', `/${id}`)).json().lag === 1)
    expect((await tax('GET', `/${id}`)).json().position).toBe(wanted.position - 1)
    const reader = await jetstream(registry.nats).consumers.get('DELIVERIES', id)
    const message = await reader.next()
    expect(message?.json<CloudEvent>().id).toBe(wanted.id)
    expect(message?.headers?.get('Lexchange-Position')).toBe(String(wanted.position))
    expect(await message?.ackAck()).toBe(true)
    expect((await tax('GET', `/${id}`)).json()).toMatchObject({ lag: 0, position: last.position })
  })

  it('gives a resumed subscription what happened while it was paused', async () => {
    const { id } = await subscribe({ kind: 'jetstream' })
    await tax('PATCH', `/${id}`, { state: 'paused' })
    await waitFor(async () => {
      const { rows } = await sql<{ behind: string | null }>`
        select behind_from as behind from subscription where id = ${id}`.execute(registry.db)
      return rows[0]?.behind != null
    })
    const license = v7()
    for (const sequence of [1, 2, 3]) await announce(registry.nats, { license, sequence })
    expect(await pull(id)).toEqual([])
    await tax('PATCH', `/${id}`, { state: 'active' })
    await announce(registry.nats, { license, sequence: 4 })
    const found: CloudEvent[] = []
    await waitFor(async () => {
      found.push(...(await pull(id)))
      return found.length >= 4
    })
    expect(found.map(({ sequence }) => sequence)).toEqual(['1', '2', '3', '4'])
  })

  it('withholds what agreements do not cover any more, and says so', async () => {
    const { id } = await subscribe({ kind: 'jetstream' })
    const ended = sql`update directory_entry set data = jsonb_set(data::jsonb, '{state}', '"ended"')
      where kind = 'agreement' and id = 'tax'`
    const begun = sql`update directory_entry set data = jsonb_set(data::jsonb, '{state}', '"active"')
      where kind = 'agreement' and id = 'tax'`
    await ended.execute(registry.db)
    try {
      await waitFor(async () => {
        await announce(registry.nats, { license: v7(), sequence: 1 })
        const { lastError } = (await tax('GET', `/${id}`)).json()
        return lastError?.code === 'outside-agreements'
      })
      await pull(id)
      await announce(registry.nats, { license: v7(), sequence: 1 })
      await waitFor(async () => (await tax('GET', `/${id}`)).json().lag === 0)
      expect(await pull(id)).toEqual([])
    } finally {
      await begun.execute(registry.db)
    }
  })
})

describe('replaySubscription', () => {
  it('copies again from a position or a time on, in order and before new ones', async () => {
    const license = v7()
    const { id } = await subscribe({ kind: 'jetstream' })
    const other = await subscribe({ kind: 'jetstream' })
    const first = await announce(registry.nats, { license, sequence: 1 })
    await announce(registry.nats, { license, sequence: 2 })
    const third = await announce(registry.nats, { license, sequence: 3 })
    const mine = async () => (await pull(id)).filter(({ subject }) => subject === license)
    const all: (string | undefined)[] = []
    const arrived = async (count: number) => {
      await waitFor(async () => {
        all.push(...(await mine()).map(({ sequence }) => sequence))
        return all.length >= count
      })
    }
    await arrived(3)
    await pull(other.id)
    const replayed = await tax('POST', `/${id}/replay`, { fromPosition: first.position })
    expect(replayed.statusCode, replayed.body).toBe(202)
    await announce(registry.nats, { license, sequence: 4 })
    await arrived(7)
    expect(all).toEqual(['1', '2', '3', '1', '2', '3', '4'])

    const manager = await jetstreamManager(registry.nats)
    const { time } = (await manager.streams.getMessage('LICENSES', { seq: third.position })) ?? {}
    // The server's clock is finer than the milliseconds of the API.
    const fromTime = new Date(Math.floor(time?.getTime() ?? 0)).toISOString()
    expect((await tax('POST', `/${id}/replay`, { fromTime })).statusCode).toBe(202)
    await waitFor(async () => {
      all.push(...(await mine()).map(({ sequence }) => sequence))
      return all.at(-1) === '4' && all.length > 7
    })
    expect(all.slice(-2)).toEqual(['3', '4'])
    expect((await pull(other.id)).map(({ sequence }) => sequence)).toEqual(['4'])
  })

  it('answers 422 for the future, and 410 below what LICENSES holds', async () => {
    const { id } = await subscribe({ kind: 'sse' })
    const future = new Date(Date.now() + 3_600_000).toISOString()
    for (const body of [{ fromPosition: 1_000_000 }, { fromTime: future }]) {
      const answer = await tax('POST', `/${id}/replay`, body)
      expect(answer.statusCode).toBe(422)
      expect(answer.json().type).toBe('urn:lexchange:problem:position-in-future')
    }
    expect((await tax('POST', `/${id}/replay`, {})).statusCode).toBe(400)
    const manager = await jetstreamManager(registry.nats)
    await manager.streams.purge('LICENSES', { seq: 5 })
    for (const body of [{ fromPosition: 4 }, { fromTime: '2020-01-01T00:00:00.000Z' }]) {
      const gone = await tax('POST', `/${id}/replay`, body)
      expect(gone.statusCode).toBe(410)
      expect(gone.json()).toMatchObject({
        type: 'urn:lexchange:problem:position-gone',
        oldestPosition: 5,
      })
    }
    expect((await tax('POST', `/${id}/replay`, { fromPosition: 5 })).statusCode).toBe(202)
  })
})
