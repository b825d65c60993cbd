import { startTestNats, type TestNats, waitFor } from '@lexchange/testing'
import { AckPolicy, jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import {
  type FakeExchange,
  licenseEvent,
  sendJson,
  sendProblem,
  startFakeExchange,
} from '../test/fake-exchange.ts'
import { createClient, type JetStreamDelivery } from './index.ts'

const ACK_WAIT_MS = 2_000

let server: TestNats
let nats: NatsConnection
let exchange: FakeExchange
let delivery: JetStreamDelivery
let made = 0

beforeAll(async () => {
  server = await startTestNats()
  nats = await connect({ servers: server.servers, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
  const manager = await jetstreamManager(nats)
  await manager.streams.add({ name: 'DELIVERIES', subjects: ['delivery.>'] })
})
afterAll(async () => {
  await nats?.close()
  await server?.stop()
})

beforeEach(async () => {
  exchange = await startFakeExchange()
  const consumer = `s${++made}`
  delivery = {
    servers: server.servers,
    stream: 'DELIVERIES',
    consumer,
    inboxPrefix: `_I_${consumer}`,
  }
  const manager = await jetstreamManager(nats)
  await manager.consumers.add('DELIVERIES', {
    durable_name: consumer,
    filter_subject: `delivery.${consumer}`,
    ack_policy: AckPolicy.Explicit,
    ack_wait: ACK_WAIT_MS * 1e6,
    max_ack_pending: 1,
  })
})
afterEach(() => exchange.stop())

async function publish(from: number, to: number) {
  const client = (await jetstreamManager(nats)).jetstream()
  for (let number = from; number <= to; number++)
    await client.publish(`delivery.${delivery.consumer}`, JSON.stringify(licenseEvent('L', number)))
}

const subscribe = (signal?: AbortSignal) =>
  createClient(exchange.options).subscribe('s1', { delivery, ...(signal && { signal }) })

async function unacknowledged() {
  const info = await (await jetstreamManager(nats)).consumers.info('DELIVERIES', delivery.consumer)
  return { waiting: info.num_pending, inHand: info.num_ack_pending }
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

describe('subscribe by JetStream', () => {
  it('acknowledges an event when its turn of the loop is over, and not before', async () => {
    await publish(1, 2)
    const events = subscribe()[Symbol.asyncIterator]()
    expect((await events.next()).value?.sequence).toBe('1')
    expect(await unacknowledged()).toEqual({ waiting: 1, inHand: 1 })
    expect((await events.next()).value?.sequence).toBe('2')
    await waitFor(async () => (await unacknowledged()).waiting === 0)
    await events.return?.()
  })

  it('brings an event again soon whose turn ended by an error', async () => {
    await publish(1, 2)
    const manager = await jetstreamManager(nats)
    await manager.consumers.update('DELIVERIES', delivery.consumer, { ack_wait: 120e9 })
    const failing = async () => {
      for await (const _ of subscribe()) throw new Error('database away')
    }
    await expect(failing()).rejects.toThrow('database away')
    const seen: (string | undefined)[] = []
    for await (const { sequence } of subscribe()) {
      seen.push(sequence)
      if (sequence === '2') break
    }
    expect(seen).toEqual(['1', '2'])
  })

  it('asks the registry where the events lie, if it is not told', async () => {
    await publish(1, 1)
    exchange.handle = (_, response) =>
      sendJson(response, 200, { id: 's1', delivery: { kind: 'jetstream', ...delivery } })
    const client = createClient(exchange.options)
    for await (const { sequence } of client.subscribe('s1', { credentials: '' })) {
      expect(sequence).toBe('1')
      break
    }
    expect(exchange.received[0]?.path).toBe('/v1/subscriptions/s1')
  })

  it('drops a repetition, and acknowledges it', async () => {
    await publish(1, 2)
    await publish(1, 3)
    const seen: (string | undefined)[] = []
    for await (const { sequence } of subscribe()) {
      seen.push(sequence)
      if (sequence === '3') break
    }
    expect(seen).toEqual(['1', '2', '3'])
  })

  it('brings all in order while NATS is killed again and again', async () => {
    const last = 300
    await publish(1, last)
    const seen: number[] = []
    for await (const { sequence } of subscribe()) {
      seen.push(Number(sequence))
      if (seen.length % 100 === 50) {
        await server.kill()
        void server.start()
      }
      if (seen.length === last) break
    }
    expect(seen).toEqual(upTo(last))
  })

  it('waits for a server that is not there yet', async () => {
    await publish(1, 1)
    await server.kill()
    const first = subscribe()[Symbol.asyncIterator]().next()
    await server.start()
    expect((await first).value?.sequence).toBe('1')
  })

  it('ends with the problem of the registry when the subscription was deleted', async () => {
    exchange.handle = (_, response) => sendProblem(response, 404, 'subscription-not-found')
    const next = subscribe()[Symbol.asyncIterator]().next()
    const gone = expect(next).rejects.toMatchObject({ code: 'subscription-not-found' })
    await (await jetstreamManager(nats)).consumers.delete('DELIVERIES', delivery.consumer)
    await gone
  })

  it('ends without an error when the signal is aborted', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 100)
    for await (const _ of subscribe(controller.signal)) throw new Error('nothing was published')
    expect(controller.signal.aborted).toBe(true)
  })
})
