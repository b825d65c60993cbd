import { connect } from 'node:net'

import { waitFor } from '@lexchange/testing'
import { jetstreamManager } from '@nats-io/jetstream'
import { pino } from 'pino'
import { v7 } from 'uuid'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { startRegistry, type TestRegistry } from '../../test/start-registry.ts'
import { announce, callerOf, MANAGE, openEvents } from '../../test/subscribers.ts'
import { watchEventConnections } from './event-connections.ts'

let registry: TestRegistry
let tax: ReturnType<typeof callerOf>

beforeAll(async () => {
  registry = await startRegistry()
  tax = callerOf(registry, 'tax-department')
})
afterEach(async () => {
  const { items } = (await tax('GET', '')).json()
  for (const { id } of items) await tax('DELETE', `/${id}`)
})
afterAll(() => registry.stop())

async function subscribe(): Promise<string> {
  const answer = await tax('POST', '', { delivery: { kind: 'sse' } })
  expect(answer.json().delivery.url).toBe(
    `${registry.base}/v1/subscriptions/${answer.json().id}/events`,
  )
  return answer.json().id
}

async function tellAll(license: string, from: number, to: number) {
  for (let sequence = from; sequence <= to; sequence++)
    await announce(registry.nats, { license, sequence })
}

describe('streamEvents', () => {
  it('resumes after the last event that arrived, with none missing and none twice', async () => {
    const id = await subscribe()
    const license = v7()
    const first = await openEvents(registry, id)
    expect(first.response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    await tellAll(license, 1, 5)
    await waitFor(() => first.events.length === 5)
    first.close()
    await tellAll(license, 6, 9)
    const resumed = await openEvents(registry, id, { lastEventId: first.events[2]?.id as string })
    await tellAll(license, 10, 10)
    await waitFor(() => resumed.events.length === 7)
    expect(resumed.events.map(({ event }) => Number(event.sequence))).toEqual([
      4, 5, 6, 7, 8, 9, 10,
    ])

    const second = await openEvents(registry, id)
    await waitFor(() => second.events.length === 10)
    await tellAll(license, 11, 11)
    await waitFor(() => resumed.events.length === 8 && second.events.length === 11)
    await waitFor(async () => (await tax('GET', `/${id}`)).json().lag === 0)
    resumed.close()
    second.close()
  })

  it('goes on after NATS was away', async () => {
    const id = await subscribe()
    const license = v7()
    const open = await openEvents(registry, id)
    await tellAll(license, 1, 2)
    await waitFor(() => open.events.length === 2)
    await registry.natsServer.kill()
    await registry.natsServer.start()
    await waitFor(() => registry.nats.flush().then(() => true))
    await tellAll(license, 3, 4)
    await waitFor(() => open.events.length === 4, { timeout: 30_000 })
    expect(open.events.map(({ event }) => event.sequence)).toEqual(['1', '2', '3', '4'])
    open.close()
  })

  it('ends when the subscription is paused, and refuses while it is', async () => {
    const id = await subscribe()
    const open = await openEvents(registry, id)
    await tax('PATCH', `/${id}`, { state: 'paused' })
    await waitFor(() => open.ended)
    expect(open.comments).toContain(': ended: not active')
    const refused = await openEvents(registry, id)
    expect(refused.response.status).toBe(409)
  })

  it('ends with the access token', async () => {
    const id = await subscribe()
    const log = pino({ level: 'silent' })
    const now = () => new Date()
    const connections = watchEventConnections({ db: registry.db, authorize() {}, now, log })
    const client = { clientId: 'x', kind: 'department', scopes: new Set<string>() } as const
    const open = connections.open(id, { ...client, expiresAt: Date.now() + 60_000 })
    const short = connections.open(id, { ...client, expiresAt: Date.now() + 100 })
    await waitFor(() => short.signal.aborted)
    expect(short.signal.reason).toBe('the access token has expired')
    expect(open.signal.aborted).toBe(false)
    await connections.stop()
    expect(open.signal.aborted).toBe(true)
  })

  it('ends when the department is suspended', async () => {
    const id = await subscribe()
    const open = await openEvents(registry, id)
    const authorization = await registry.admin()
    const set = (state: string) =>
      registry.app.inject({
        method: 'PATCH',
        url: '/v1/departments/tax',
        headers: { authorization },
        payload: { state },
      })
    expect((await set('suspended')).statusCode).toBe(200)
    await waitFor(() => open.ended)
    await set('active')
    await waitFor(async () => (await tax('GET', `/${id}`)).statusCode === 200)
  })

  it('does not read on for a socket that nobody reads', async () => {
    const id = await subscribe()
    const authorization = await registry.headerOf('tax-department', MANAGE)
    const { port } = new URL(registry.base)
    const socket = connect({ host: '127.0.0.1', port: Number(port) })
    socket.pause()
    socket.write(
      `GET /v1/subscriptions/${id}/events HTTP/1.1\r\nhost: a\r\nauthorization: ${authorization}\r\n\r\n`,
    )
    const license = v7()
    const claims = { businessScope: 'x'.repeat(50_000) }
    for (let sequence = 1; sequence <= 400; sequence++)
      await announce(registry.nats, { license, sequence, claims })
    const manager = await jetstreamManager(registry.nats)
    const waiting = async () => {
      for await (const { config, num_pending } of manager.consumers.list('DELIVERIES'))
        if (config.filter_subject === `delivery.${id}`) return num_pending
      return 0
    }
    await waitFor(async () => (await waiting()) > 100)
    socket.destroy()
    await waitFor(async () => (await waiting()) === 0)
    // What is not copied yet would go to the next test's subscription as well.
    const subject = `delivery.${id}`
    const copied = () => manager.streams.info('DELIVERIES', { subjects_filter: subject })
    await waitFor(async () => (await copied()).state.subjects?.[subject] === 400)
  })

  it('answers 410 with the way to catch up for an event that is not held any more', async () => {
    const id = await subscribe()
    const open = await openEvents(registry, id)
    await tellAll(v7(), 1, 3)
    await waitFor(() => open.events.length === 3)
    open.close()
    const manager = await jetstreamManager(registry.nats)
    const { state } = await manager.streams.info('DELIVERIES')
    await manager.streams.purge('DELIVERIES', { seq: state.last_seq + 1 })
    // Nothing followed the last event, so nothing is missing.
    const last = await openEvents(registry, id, { lastEventId: open.events[2]?.id as string })
    await tellAll(v7(), 1, 1)
    await waitFor(() => last.events.length === 1)
    last.close()
    const gone = await openEvents(registry, id, { lastEventId: open.events[0]?.id as string })
    expect(gone.response.status).toBe(410)
    const problem = await tax('GET', `/${id}/events`, undefined, {
      'last-event-id': open.events[0]?.id as string,
    })
    expect(problem.json()).toMatchObject({
      type: 'urn:lexchange:problem:position-gone',
      oldestTime: expect.any(String),
      catchUp: [
        expect.stringContaining('updatedSince'),
        expect.stringContaining('/replay'),
        expect.any(String),
      ],
    })
  })

  it('refuses an id that it has not given, and subscriptions of another kind', async () => {
    const id = await subscribe()
    for (const lastEventId of ['7', 'WyJ4IiwieSJd'])
      expect((await openEvents(registry, id, { lastEventId })).response.status).toBe(400)
    const other = (await tax('POST', '', { delivery: { kind: 'jetstream' } })).json()
    const refused = await tax('GET', `/${other.id}/events`)
    expect([refused.statusCode, refused.json().kind]).toEqual([409, 'jetstream'])
  })
})
