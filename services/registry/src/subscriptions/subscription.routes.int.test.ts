import { jetstreamManager } from '@nats-io/jetstream'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startRegistry, type TestRegistry } from '../../test/start-registry.ts'
import { callerOf } from '../../test/subscribers.ts'

let registry: TestRegistry
let tax: ReturnType<typeof callerOf>
let finance: ReturnType<typeof callerOf>

const AGREEMENT = {
  departmentId: 'finance',
  purpose: 'finance',
  legalBasis: { text: 'Budget', reference: 'Budget Law, article 57' },
  licenseTypes: ['business-license'],
  regions: ['440000'],
  disclose: ['*'],
  match: [],
  quota: {},
  validFrom: '2026-01-01T00:00:00.000Z',
  validUntil: null,
}

beforeAll(async () => {
  registry = await startRegistry()
  tax = callerOf(registry, 'tax-department')
  finance = callerOf(registry, 'finance-department')
  const data = { id: 'finance', ...AGREEMENT, version: 1, state: 'active' }
  await sql`insert into directory_entry (kind, id, revision, data, created_at, updated_at)
    values ('agreement', 'finance', 1, ${JSON.stringify(data)}, now(), now())`.execute(registry.db)
})
afterAll(() => registry.stop())

const sse = { kind: 'sse' }

describe('createSubscription', () => {
  it('answers with the consumer that the registry has made', async () => {
    const filter = { types: ['business-license'], regions: ['440300'], events: ['revoked'] }
    const answer = await tax('POST', '', { filter, delivery: { kind: 'jetstream' } })
    expect(answer.statusCode, answer.body).toBe(201)
    const { id, ...created } = answer.json()
    expect(created).toMatchObject({
      ...{ departmentId: 'tax', filter, state: 'active', lag: 0, lastError: null },
      delivery: {
        ...{ kind: 'jetstream', servers: registry.natsServer.servers, stream: 'DELIVERIES' },
        ...{ consumer: id, inboxPrefix: '_INBOX_tax' },
      },
    })
    expect(answer.headers.location).toBe(`/v1/subscriptions/${id}`)
    const manager = await jetstreamManager(registry.nats)
    const { config } = await manager.consumers.info('DELIVERIES', id)
    expect(config).toMatchObject({
      ...{ filter_subject: `delivery.${id}`, ack_policy: 'explicit', max_ack_pending: 1 },
    })
    expect((await tax('GET', `/${id}`)).json()).toMatchObject({ id, filter })
  })

  it('gives the secret of a webhook once, and again only to the same command', async () => {
    const body = { filter: {}, delivery: { kind: 'webhook', url: 'https://192.0.43.8/hook' } }
    const headers = { 'idempotency-key': 'once' }
    const first = (await tax('POST', '', body, headers)).json()
    expect(first.delivery).toEqual({
      ...body.delivery,
      secret: expect.stringMatching(/^whsec_.{44}$/),
    })
    const again = await tax('POST', '', body, headers)
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect(again.json().delivery).toEqual(first.delivery)
    const { delivery } = (await tax('GET', `/${first.id}`)).json()
    expect(delivery).toEqual(body.delivery)
    const { rows } = await sql`select * from subscription, idempotency_key`.execute(registry.db)
    expect(JSON.stringify(rows)).not.toContain(first.delivery.secret.slice(6))
  })

  it('is only for departments with the scope', async () => {
    const url = '/v1/subscriptions'
    for (const [client, scope] of [
      ['tax-department', 'license:read'],
      ['administrator-1', 'directory:admin'],
    ] as const) {
      const authorization = await registry.headerOf(client, scope)
      expect((await registry.app.inject({ url, headers: { authorization } })).statusCode).toBe(403)
    }
    expect((await registry.app.inject({ url })).statusCode).toBe(401)
  })

  it('refuses a filter that is wider than the agreements, and names the part', async () => {
    const refused = [
      [{}, '/filter/types'],
      [{ types: ['food-operation-permit'], regions: ['440300'] }, '/filter/types/0'],
      [{ types: ['business-license'] }, '/filter/regions'],
      [{ types: ['business-license'], regions: ['440300', '110000'] }, '/filter/regions/1'],
    ] as const
    for (const [filter, pointer] of refused) {
      const answer = await finance('POST', '', { filter, delivery: sse })
      expect(answer.statusCode, answer.body).toBe(403)
      const problem = answer.json()
      expect(problem.type).toBe('urn:lexchange:problem:subscription-too-wide')
      expect(problem.errors[0].pointer).toBe(pointer)
    }
    const filter = { types: ['business-license'], regions: ['440305', '440000'] }
    expect((await finance('POST', '', { filter, delivery: sse })).statusCode).toBe(201)
  })

  it('refuses events, types and regions that there are not', async () => {
    const refused = [
      [{ events: ['issued', 'eaten'] }, '/filter/events/1'],
      [{ types: ['fishing'] }, '/filter/types/0'],
      [{ regions: ['4403'] }, '/filter/regions/0'],
    ] as const
    for (const [filter, pointer] of refused) {
      const answer = await tax('POST', '', { filter, delivery: sse })
      expect(answer.statusCode, answer.body).toBe(422)
      expect(answer.json().errors[0].pointer).toBe(pointer)
    }
  })

  it('stops at 500 by JetStream, which is what credentials for NATS can list', async () => {
    await sql`insert into subscription
        (id, department_id, filter, kind, state, revision, created_at, updated_at)
        select gen_random_uuid(), 'finance', '{}', 'jetstream', 'paused', 1, now(), now()
        from generate_series(1, 500)`.execute(registry.db)
    const filter = { types: ['business-license'], regions: ['440305'] }
    const refused = await finance('POST', '', { filter, delivery: { kind: 'jetstream' } })
    expect(refused.json()).toMatchObject({ status: 409, most: 500 })
    expect((await finance('POST', '', { filter, delivery: sse })).statusCode).toBe(201)
    await sql`delete from subscription where department_id = 'finance' and kind = 'jetstream'`.execute(
      registry.db,
    )
    const taken = await finance('POST', '', { filter, delivery: { kind: 'jetstream' } })
    expect(taken.statusCode, taken.body).toBe(201)
  })

  it('refuses webhooks that are not https or point inside', async () => {
    const urls = [
      ...['http://192.0.43.8/', 'https://127.0.0.1/', 'https://10.0.0.7/', 'https://[::1]/'],
      ...['https://169.254.169.254/latest/', 'https://[::ffff:192.168.0.1]/', 'https://localhost/'],
      ...['https://user:pw@192.0.43.8/', 'ftp://192.0.43.8/', 'hook', 'https://0x7f000001/'],
    ]
    for (const url of urls) {
      const answer = await tax('POST', '', { filter: {}, delivery: { kind: 'webhook', url } })
      expect(answer.statusCode, url).toBe(422)
      expect(answer.json().errors[0].pointer).toBe('/delivery/url')
    }
  })
})

describe('subscriptions of others', () => {
  it('are not there', async () => {
    const { id } = (await tax('POST', '', { filter: {}, delivery: sse })).json()
    const calls = [
      ['GET', `/${id}`],
      ['PATCH', `/${id}`, { state: 'paused' }],
      ['DELETE', `/${id}`],
      ['POST', `/${id}/replay`, { fromPosition: 1 }],
      ['POST', `/${id}/rotate-secret`],
      ['GET', `/${id}/dead-letters`],
      ['POST', `/${id}/dead-letters/resend`, {}],
      ['GET', `/${id}/events`],
    ] as const
    for (const [method, path, body] of calls) {
      const answer = await finance(method, path, body)
      expect(answer.statusCode, `${method} ${path} ${answer.body}`).toBe(404)
      expect(answer.json().type).toBe('urn:lexchange:problem:subscription-not-found')
    }
    const { items } = (await finance('GET', '?limit=200')).json()
    expect(items.map((each: { id: string }) => each.id)).not.toContain(id)
    expect((await tax('GET', `/${id}`)).json().state).toBe('active')
  })
})

describe('updateSubscription', () => {
  it('pauses, resumes and changes the filter, of the version that was named', async () => {
    const created = await tax('POST', '', { filter: {}, delivery: sse })
    const { id } = created.json()
    const match = { 'if-match': String(created.headers.etag) }
    const paused = await tax('PATCH', `/${id}`, { state: 'paused' }, match)
    expect(paused.json().state).toBe('paused')
    expect((await tax('PATCH', `/${id}`, { state: 'active' }, match)).statusCode).toBe(412)
    const filter = { events: ['revoked'] }
    const changed = await tax('PATCH', `/${id}`, { state: 'active', filter })
    expect(changed.json()).toMatchObject({ state: 'active', filter })
    expect((await tax('PATCH', `/${id}`, { filter: { types: ['x'] } })).statusCode).toBe(422)
    expect(
      (await tax('GET', `/${id}/events`, undefined, { 'last-event-id': '7' })).statusCode,
    ).toBe(400)
  })
})

describe('deleteSubscription', () => {
  it('takes the consumer and the subscription away', async () => {
    const { id } = (await tax('POST', '', { delivery: { kind: 'jetstream' } })).json()
    expect((await tax('DELETE', `/${id}`)).statusCode).toBe(204)
    expect((await tax('GET', `/${id}`)).statusCode).toBe(404)
    const manager = await jetstreamManager(registry.nats)
    await expect(manager.consumers.info('DELIVERIES', id)).rejects.toThrow(/not found/)
  })
})

describe('listSubscriptions', () => {
  it('pages through all of a department', async () => {
    for (let i = 0; i < 3; i++) await tax('POST', '', { delivery: sse })
    const ids: string[] = []
    let cursor: string | null = null
    do {
      const page: { items: { id: string }[]; nextCursor: string | null } = (
        await tax('GET', `?limit=2${cursor ? `&cursor=${cursor}` : ''}`)
      ).json()
      ids.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    } while (cursor)
    expect(ids).toEqual([...new Set(ids)].sort())
    expect(ids.length).toBeGreaterThanOrEqual(3)
  })
})
