import { waitFor } from '@lexchange/testing'
import { v7 } from 'uuid'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { startRegistry, type TestRegistry } from '../../test/start-registry.ts'
import {
  announce,
  callerOf,
  orderOf,
  type Received,
  startEndpoint,
  verifies,
} from '../../test/subscribers.ts'

const policy = { waitAfter: () => 30, giveUpAfter: 60_000, timeout: 5_000 }
let registry: TestRegistry
let tax: ReturnType<typeof callerOf>
const endings: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  registry = await startRegistry({ WEBHOOK_ALLOW_LOCAL: 'yes' }, { retryPolicy: policy })
  tax = callerOf(registry, 'tax-department')
})
afterEach(async () => {
  policy.giveUpAfter = 60_000
  for (const end of endings.splice(0)) await end()
})
afterAll(() => registry.stop())

/** A webhook and the endpoint it is sent to. */
async function open(answer?: Parameters<typeof startEndpoint>[0]) {
  const endpoint = await startEndpoint(answer)
  const delivery = { kind: 'webhook', url: endpoint.url }
  const { id, ...created } = (await tax('POST', '', { filter: {}, delivery })).json()
  endings.push(() => tax('DELETE', `/${id}`), endpoint.stop)
  return {
    ...{ id, secret: created.delivery.secret as string, ...endpoint },
    sequences: (license: string) =>
      orderOf(endpoint.received.map(({ event }) => event)).get(license) ?? [],
    get: async () => (await tax('GET', `/${id}`)).json(),
  }
}

const tell = (license: string, sequence: number) => announce(registry.nats, { license, sequence })

describe('webhooks', () => {
  it('carry the event with a signature that holds by the specification', async () => {
    const { received, secret, id } = await open()
    const event = await tell(v7(), 1)
    await waitFor(() => received.length === 1)
    const [first] = received as [Received]
    expect(verifies(secret, first)).toBe(true)
    expect(verifies(`whsec_${Buffer.alloc(32).toString('base64')}`, first)).toBe(false)
    expect(first.event).toMatchObject({ id: event.id, specversion: '1.0' })
    expect(first.headers).toMatchObject({
      'content-type': 'application/cloudevents+json',
      'webhook-id': `msg_${event.id.replaceAll('-', '')}`,
      'lexchange-position': String(event.position),
      'lexchange-subscription': id,
    })
    const age = Date.now() / 1000 - Number(first.headers['webhook-timestamp'])
    expect(Math.abs(age)).toBeLessThan(60)
  })

  it('try again in order: a license waits behind its failed event, others go on', async () => {
    const [stuck, free] = [v7(), v7()]
    let refuse = true
    const hook = await open(({ event }) => (refuse && event.subject === stuck ? 500 : 204))
    for (const sequence of [1, 2, 3]) for (const each of [stuck, free]) await tell(each, sequence)
    await waitFor(() => hook.sequences(free).length === 3)
    await waitFor(() => hook.received.filter(({ event }) => event.subject === stuck).length > 3)
    expect(hook.sequences(stuck)).toEqual([1])
    expect(await hook.get()).toMatchObject({
      ...{ state: 'failing', lag: 3 },
      lastError: { code: 'webhook-failed', detail: 'The endpoint answered 500' },
    })
    const ids = hook.received.filter(({ event }) => event.subject === stuck)
    expect(new Set(ids.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    refuse = false
    await waitFor(() => hook.sequences(stuck).length === 3)
    expect(hook.sequences(stuck)).toEqual([1, 2, 3])
    await waitFor(async () => (await hook.get()).lag === 0)
    expect((await hook.get()).state).toBe('active')
  })

  it('of one department are not delayed by an endpoint that never answers', async () => {
    const silent = await open(() => new Promise(() => {}))
    const quick = await open()
    const licenses = Array.from({ length: 20 }, () => v7())
    for (const license of licenses) await tell(license, 1)
    await waitFor(() => quick.received.length === licenses.length)
    expect(silent.received.length).toBeLessThanOrEqual(8)
    expect((await silent.get()).lag).toBe(licenses.length)
  })

  it('stop at once where the endpoint is gone, and go on when resumed', async () => {
    const hook = await open(() => 410)
    const license = v7()
    await tell(license, 1)
    await waitFor(async () => (await hook.get()).state === 'paused')
    expect(await hook.get()).toMatchObject({ lastError: { code: 'webhook-gone' } })
    await tell(license, 2)
    expect(hook.received).toHaveLength(1)
    hook.endpoint.answer = () => 200
    await tax('PATCH', `/${hook.id}`, { state: 'active' })
    await waitFor(() => hook.sequences(license).length === 2)
    expect(await hook.get()).toMatchObject({ state: 'active', lastError: null })
  })

  it('are given up in the end, kept as dead letters, and sent again on request', async () => {
    policy.giveUpAfter = 0
    const hook = await open(() => 503)
    const license = v7()
    const first = await tell(license, 1)
    await waitFor(async () => (await hook.get()).state === 'paused')
    expect((await hook.get()).lastError.code).toBe('webhook-given-up')
    await tell(license, 2)
    const { items } = (await tax('GET', `/${hook.id}/dead-letters`)).json()
    expect(items).toMatchObject([
      { position: first.position, attempts: 1, failure: 'The endpoint answered 503' },
    ])
    expect(items[0].event.id).toBe(first.id)

    hook.endpoint.answer = () => 200
    const resent = await tax('POST', `/${hook.id}/dead-letters/resend`, {
      positions: [first.position],
    })
    expect([resent.statusCode, resent.json()]).toEqual([202, { resent: 1 }])
    expect((await tax('GET', `/${hook.id}/dead-letters`)).json().items).toEqual([])
    await tax('PATCH', `/${hook.id}`, { state: 'active' })
    await waitFor(() => hook.received.length >= 3)
    expect(hook.received.map(({ event }) => event.sequence)).toEqual(['1', '1', '2'])
  })

  it('are signed by both secrets after a rotation', async () => {
    const { id, secret, received } = await open()
    const answer = await tax('POST', `/${id}/rotate-secret`)
    expect(answer.statusCode, answer.body).toBe(200)
    const renewed = answer.json()
    expect(renewed.secret).not.toBe(secret)
    expect(Date.parse(renewed.previousValidUntil)).toBeGreaterThan(Date.now() + 23 * 3_600_000)
    await tell(v7(), 1)
    await waitFor(() => received.length === 1)
    const [first] = received as [Received]
    expect([secret, renewed.secret].map((each) => verifies(each, first))).toEqual([true, true])
    await tax('POST', `/${id}/rotate-secret`)
    await tell(v7(), 1)
    await waitFor(() => received.length === 2)
    expect(verifies(secret, received[1] as Received)).toBe(false)
    expect(verifies(renewed.secret, received[1] as Received)).toBe(true)
  })

  it('do not follow redirects', async () => {
    const hook = await open(() => 302)
    await tell(v7(), 1)
    await waitFor(async () => (await hook.get()).state === 'failing')
    expect((await hook.get()).lastError.detail).toContain('redirects are not followed')
  })

  it('are sent again from a position on, none of them behind newer ones', async () => {
    const hook = await open()
    const license = v7()
    const first = await tell(license, 1)
    await tell(license, 2)
    await waitFor(() => hook.received.length === 2)
    await tax('POST', `/${hook.id}/replay`, { fromPosition: first.position })
    await tell(license, 3)
    await waitFor(() => hook.received.length === 5)
    expect(hook.received.map(({ event }) => event.sequence)).toEqual(['1', '2', '1', '2', '3'])
  })
})
