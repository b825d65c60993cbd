import { createClient } from '@lexchange/client'
import type { AccountKeys } from '@lexchange/nats-accounts'
import { waitFor } from '@lexchange/testing'
import { jetstream } from '@nats-io/jetstream'
import {
  connect,
  credsAuthenticator,
  type NatsConnection,
  PermissionViolationError,
} from '@nats-io/transport-node'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startRegistry, type TestRegistry } from '../../test/start-registry.ts'
import { announce, callerOf } from '../../test/subscribers.ts'
import { revokeOfOtherKeys } from './revoke-nats-credentials.ts'

const REFUSED = /Authorization Violation/

let registry: TestRegistry
const open: NatsConnection[] = []

beforeAll(async () => {
  registry = await startRegistry({}, { natsAccounts: true })
  const data = { ...registry.seed.agreements[0], id: 'finance', departmentId: 'finance' }
  const agreement = JSON.stringify({ ...data, version: 1, state: 'active' })
  await sql`insert into directory_entry (kind, id, revision, data, created_at, updated_at)
    values ('agreement', 'finance', 1, ${agreement}, now(), now())`.execute(registry.db)
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()))
})
afterAll(() => registry.stop())

type Call = { method?: 'GET' | 'POST' | 'DELETE' | 'PATCH'; body?: object; key?: string }

async function call(client: 'tax' | 'finance' | 'admin', path: string, request: Call = {}) {
  const { method = 'GET', body, key } = request
  const scopes = {
    tax: 'subscription:manage',
    finance: 'subscription:manage',
    admin: 'directory:admin',
  }
  const clients = { tax: 'tax-department', finance: 'finance-department', admin: 'administrator-1' }
  const authorization = await registry.headerOf(clients[client], scopes[client])
  return registry.app.inject({
    method,
    url: `/v1/departments/${path}`,
    headers: { authorization, ...(key && { 'idempotency-key': key }) },
    ...(body && { payload: body }),
  })
}

/** The server lets nobody in by these, and says so: an object in place of a connection tells why not. */
async function isRefused(creds: string, department: string): Promise<boolean> {
  return connectBy(creds, department).then(
    () => false,
    (error: Error) => REFUSED.test(error.message),
  )
}

async function issue(department: 'tax' | 'finance', body?: object) {
  const path = `${department}/nats-credentials`
  const answer = await call(department, path, { method: 'POST', ...(body && { body }) })
  expect(answer.statusCode, answer.body).toBe(201)
  return answer.json() as { id: string; creds: string; expiresAt: string }
}

async function subscribe(department: 'tax' | 'finance'): Promise<string> {
  const caller = callerOf(registry, `${department}-department`)
  const answer = await caller('POST', '', { filter: {}, delivery: { kind: 'jetstream' } })
  expect(answer.statusCode, answer.body).toBe(201)
  return answer.json().id
}

async function connectBy(creds: string, department: string, more = {}) {
  const connection = await connect({
    servers: registry.natsServer.servers,
    authenticator: credsAuthenticator(new TextEncoder().encode(creds)),
    inboxPrefix: `_INBOX_${department}`,
    reconnect: false,
    ...more,
  })
  open.push(connection)
  return connection
}

/** Which of the subjects the server refuses. */
async function refused(
  connection: NatsConnection,
  operation: 'publish' | 'subscription',
  subjects: readonly string[],
): Promise<string[]> {
  const found = new Set<string>()
  const note = (error: unknown) => {
    if (error instanceof PermissionViolationError && error.operation === operation)
      found.add(error.subject)
  }
  const listening = (async () => {
    for await (const status of connection.status()) if ('error' in status) note(status.error)
  })()
  for (const subject of subjects)
    if (operation === 'publish') connection.publish(subject, '{}')
    else connection.subscribe(subject, { callback: (error) => note(error) })
  await connection.flush()
  await connection.close()
  await listening
  return subjects.filter((subject) => found.has(subject))
}

const STREAMS = [
  ...['DELIVERIES', 'LICENSES', 'DIRECTORY', 'ISSUANCE', 'SEALED', 'ACCESS', 'HEADS', 'MEASURES'],
  ...['OTHER', '*', '>'],
]

/** Every request of the JetStream API (nats-server 2.9 to 2.14) about a stream and a consumer of it. */
const requests = (stream: string, consumer: string) => [
  ...['CREATE', 'UPDATE', 'DELETE', 'INFO', 'PURGE', 'SNAPSHOT', 'RESTORE'].map(
    (verb) => `$JS.API.STREAM.${verb}.${stream}`,
  ),
  ...['MSG.GET', 'MSG.DELETE', 'PEER.REMOVE', 'LEADER.STEPDOWN'].map(
    (verb) => `$JS.API.STREAM.${verb}.${stream}`,
  ),
  `$JS.API.STREAM.TEMPLATE.CREATE.${stream}`,
  `$JS.API.DIRECT.GET.${stream}`,
  `$JS.API.DIRECT.GET.${stream}.delivery.${consumer}`,
  `$JS.API.CONSUMER.NAMES.${stream}`,
  `$JS.API.CONSUMER.LIST.${stream}`,
  `$JS.API.CONSUMER.CREATE.${stream}`,
  `$JS.API.CONSUMER.CREATE.${stream}.${consumer}`,
  `$JS.API.CONSUMER.CREATE.${stream}.${consumer}.delivery.${consumer}`,
  ...['DURABLE.CREATE', 'DELETE', 'INFO', 'MSG.NEXT', 'LEADER.STEPDOWN'].map(
    (verb) => `$JS.API.CONSUMER.${verb}.${stream}.${consumer}`,
  ),
  ...['PAUSE', 'UNPIN', 'RESET'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.${consumer}`),
  `$JS.ACK.${stream}.${consumer}.1.1.1.1.1`,
  `$JS.ACK._.hash.${stream}.${consumer}.1.1.1.1.1.x`,
]

const GENERAL = [
  ...['$JS.API.INFO', '$JS.API.ACCOUNT.PURGE.x', '$JS.API.META.LEADER.STEPDOWN'],
  ...['$JS.API.STREAM.NAMES', '$JS.API.STREAM.LIST', '$JS.API.STREAM.TEMPLATE.NAMES'],
  ...['$JS.API.SERVER.REMOVE', '$JS.API.>', '$JS.>', '$JS.FC.x', '$JS.EVENT.ADVISORY.x'],
  ...['$SYS.REQ.CLAIMS.UPDATE', '$SYS.REQ.SERVER.PING', '$SYS.REQ.USER.INFO', '$SYS.>'],
]
const EVENTS = ['issuance', 'license', 'directory', 'delivery', 'sealed', 'access', 'access-head']

describe('credentials of a department', () => {
  it('pull from its own consumers and acknowledge, and do nothing else', async () => {
    const { creds } = await issue('tax')
    const [own, second, others] = [
      await subscribe('tax'),
      await subscribe('tax'),
      await subscribe('finance'),
    ]
    const subjects = [
      ...GENERAL,
      ...STREAMS.flatMap((stream) =>
        [own, second, others, '*', '>'].flatMap((consumer) => requests(stream, consumer)),
      ),
      // What an acknowledgement of another's consumer would look like, with one's own name in it.
      `$JS.ACK.DELIVERIES.${others}.DELIVERIES.${own}.1.1.1`,
      ...[...EVENTS, 'measure', 'other'].flatMap((event) => [`${event}.a`, `${event}.${others}`]),
      ...[`delivery.${own}`, '_INBOX_tax.x', '_INBOX_finance.x', '_INBOX.x'],
      ...['_SERVICE_INBOX_registry.x', '_SERVICE_INBOX_accounts.x', '>', '*'],
    ].filter((subject, index, all) => all.indexOf(subject) === index && !subject.endsWith('>.x'))
    const allowed = [own, second].flatMap((consumer) => [
      `$JS.API.CONSUMER.INFO.DELIVERIES.${consumer}`,
      `$JS.API.CONSUMER.MSG.NEXT.DELIVERIES.${consumer}`,
      `$JS.ACK.DELIVERIES.${consumer}.1.1.1.1.1`,
    ])
    const no = await refused(await connectBy(creds, 'tax'), 'publish', subjects)
    expect(subjects.filter((subject) => !no.includes(subject)).sort()).toEqual(allowed.sort())
    expect(subjects.length).toBeGreaterThan(900)
  })

  it('listen to its own inbox and to nothing else', async () => {
    const { creds } = await issue('tax')
    const own = await subscribe('tax')
    const subjects = [
      ...['_INBOX_tax.>', '_INBOX_tax.a.b'],
      ...['>', '*', '*.>', '_INBOX.>', '_INBOX_finance.>', '_INBOX_tax', '_INBOX_*.>'],
      ...['_SERVICE_INBOX_registry.>', '_SERVICE_INBOX_accounts.>', '_R_.>', '$SYS.>', '$JS.>'],
      ...['$JS.EVENT.>', '$JS.ACK.>', '$JS.API.>', `delivery.${own}`],
      ...[...EVENTS, 'measure', 'other'].map((event) => `${event}.>`),
    ]
    const no = await refused(await connectBy(creds, 'tax'), 'subscription', subjects)
    const yes = subjects.filter((subject) => !no.includes(subject))
    expect(yes).toEqual(['_INBOX_tax.>', '_INBOX_tax.a.b'])
  })

  it('do nothing at all while there is no subscription', async () => {
    const { creds } = await issue('finance')
    for (const id of (
      await sql<{
        id: string
      }>`select id from subscription where department_id = 'finance'`.execute(registry.db)
    ).rows.map((row) => row.id))
      await callerOf(registry, 'finance-department')('DELETE', `/${id}`)
    const subjects = [...GENERAL, ...requests('DELIVERIES', 'x'), 'license.a', '_INBOX_finance.x']
    const no = await refused(await connectBy(creds, 'finance'), 'publish', subjects)
    expect(no).toEqual(subjects)
  })

  it('bring the events of a subscription that was made after them', async () => {
    const { creds } = await issue('tax')
    const connection = await connectBy(creds, 'tax', { reconnect: true, reconnectTimeWait: 50 })
    const consumer = await subscribe('tax')
    const { id } = await announce(registry.nats, { license: crypto.randomUUID(), sequence: 1 })
    const pulling = await jetstream(connection).consumers.get('DELIVERIES', consumer)
    const message = await pulling.next({ expires: 10_000 })
    expect(message?.json()).toMatchObject({ id })
    expect(await message?.ackAck()).toBe(true)
    expect((await pulling.info()).num_ack_pending).toBe(0)
  })

  it('leave the connections of others alone when a department gets a subscription', async () => {
    const { creds } = await issue('tax')
    const connection = await connectBy(creds, 'tax')
    await issue('finance')
    await subscribe('finance')
    await connection.flush()
    expect(connection.isClosed()).toBe(false)
  })
})

describe('the client of the exchange', () => {
  function follow(id: string, credentials: string) {
    const client = createClient({
      clientId: 'tax-department',
      privateKeyJwk: registry.keys['tax-department'] as never,
      services: { registry: registry.base } as never,
      tokenEndpoint: `${registry.base}/oauth/token`,
      issuer: registry.base,
    })
    const events: string[] = []
    const ended = (async () => {
      for await (const { sequence } of client.subscribe(id, { credentials }))
        events.push(sequence ?? '')
    })()
    ended.catch(() => {})
    return { events, ended }
  }

  it('goes on when the department gets another subscription, and ends when its own is gone', async () => {
    const { creds } = await issue('tax')
    const id = await subscribe('tax')
    const { events, ended } = follow(id, creds)
    const license = crypto.randomUUID()
    await announce(registry.nats, { license, sequence: 1 })
    await waitFor(() => events.length === 1)
    await subscribe('tax')
    await announce(registry.nats, { license, sequence: 2 })
    await waitFor(() => events.length === 2)
    expect(events).toEqual(['1', '2'])
    await callerOf(registry, 'tax-department')('DELETE', `/${id}`)
    await expect(ended).rejects.toMatchObject({ code: 'subscription-not-found' })
  })

  it('ends when its credentials are revoked', async () => {
    const { id, creds } = await issue('tax')
    const { events, ended } = follow(await subscribe('tax'), creds)
    await announce(registry.nats, { license: crypto.randomUUID(), sequence: 1 })
    await waitFor(() => events.length === 1)
    await call('tax', `tax/nats-credentials/${id}`, { method: 'DELETE' })
    await expect(ended).rejects.toMatchObject({ code: 'credentials-refused' })
  })
})

describe('revokeNatsCredentials', () => {
  it('ends connections, and lets nobody in again', async () => {
    const [{ id, creds }, other] = [await issue('tax'), await issue('tax')]
    const [connection, kept] = [await connectBy(creds, 'tax'), await connectBy(other.creds, 'tax')]
    const path = `tax/nats-credentials/${id}`
    expect((await call('tax', path, { method: 'DELETE' })).statusCode).toBe(204)
    // Only the server ends it: this side does not.
    await connection.closed()
    expect(await isRefused(creds, 'tax')).toBe(true)
    await kept.flush()
    expect(kept.isClosed()).toBe(false)
    expect((await call('tax', path, { method: 'DELETE' })).statusCode).toBe(204)
    const listed = await call('tax', 'tax/nats-credentials')
    const states = listed
      .json()
      .items.map((each: { id: string; state: string }) => [each.id, each.state])
    expect(states).toContainEqual([id, 'revoked'])
    expect(states).toContainEqual([other.id, 'active'])
  })

  it('holds when NATS was away, and when it comes back with what it knew before', async () => {
    const { id, creds } = await issue('tax')
    await registry.natsServer.kill()
    const path = `tax/nats-credentials/${id}`
    expect((await call('tax', path, { method: 'DELETE' })).statusCode).toBe(204)
    await registry.natsServer.start()
    await waitFor(() => isRefused(creds, 'tax'))
    await waitFor(
      async () =>
        (await call('tax', 'tax/nats-credentials', { method: 'POST' })).statusCode === 201,
    )
    await registry.natsServer.kill()
    await registry.natsServer.start()
    expect(await isRefused(creds, 'tax')).toBe(true)
  })

  it('comes with the suspension of the department, and stays', async () => {
    const { creds } = await issue('finance')
    const connection = await connectBy(creds, 'finance')
    const patch = (state: string) => call('admin', 'finance', { method: 'PATCH', body: { state } })
    expect((await patch('suspended')).statusCode).toBe(200)
    // Only the server ends it: this side does not.
    await connection.closed()
    const refusal = await call('admin', 'finance/nats-credentials', { method: 'POST' })
    expect(refusal.json()).toMatchObject({
      status: 409,
      type: expect.stringMatching(/department-suspended$/),
    })
    expect((await patch('active')).statusCode).toBe(200)
    expect(await isRefused(creds, 'finance')).toBe(true)
    await waitFor(
      async () =>
        (await call('finance', 'finance/nats-credentials', { method: 'POST' })).statusCode === 201,
    )
    expect(await isRefused(creds, 'finance')).toBe(true)
  })
})

describe('issueNatsCredentials', () => {
  it('gives credentials that expire when it says', async () => {
    const { creds, expiresAt } = await issue('tax', { expiresIn: 2 })
    const connection = await connectBy(creds, 'tax')
    await connection.closed()
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt))
    await waitFor(() => isRefused(creds, 'tax'))
    const days = (Date.parse((await issue('tax')).expiresAt) - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(89.9)
    expect(days).toBeLessThanOrEqual(90)
  })

  it('keeps nothing secret, and shows the same again to the same command only', async () => {
    const command = { method: 'POST', key: 'once' } as const
    const first = await call('tax', 'tax/nats-credentials', command)
    expect(first.headers['cache-control']).toBe('no-store')
    const again = await call('tax', 'tax/nats-credentials', command)
    const seedOf = (text: string) => /\n(SU[A-Z2-7]+)\n/.exec(text)?.[1] as string
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect(seedOf(again.json().creds)).toBe(seedOf(first.json().creds))
    const { rows } = await sql`select * from nats_credential, idempotency_key, audit_entry`.execute(
      registry.db,
    )
    expect(JSON.stringify(rows)).toContain(first.json().id)
    expect(JSON.stringify(rows)).not.toContain(seedOf(first.json().creds))
    expect((await call('tax', 'tax/nats-credentials')).body).not.toMatch(/"SU|\nSU/)
  })

  it('shows revoked credentials again without reviving them', async () => {
    const command = { method: 'POST', key: 'revoked' } as const
    const { id } = (await call('tax', 'tax/nats-credentials', command)).json()
    await call('tax', `tax/nats-credentials/${id}`, { method: 'DELETE' })
    const { creds } = (await call('tax', 'tax/nats-credentials', command)).json()
    expect(await isRefused(creds, 'tax')).toBe(true)
  })

  it('is for the department itself and for administrators', async () => {
    const { id } = await issue('tax')
    for (const [method, path] of [
      ['POST', 'tax/nats-credentials'],
      ['GET', 'tax/nats-credentials'],
      ['DELETE', `tax/nats-credentials/${id}`],
    ] as const)
      expect((await call('finance', path, { method })).statusCode).toBe(403)
    const elsewhere = `finance/nats-credentials/${id}`
    expect((await call('finance', elsewhere, { method: 'DELETE' })).statusCode).toBe(404)
    expect((await call('admin', 'tax/nats-credentials', { method: 'POST' })).statusCode).toBe(201)
    expect((await call('admin', 'nobody/nats-credentials', { method: 'POST' })).statusCode).toBe(
      404,
    )
    const page = (await call('admin', 'tax/nats-credentials?limit=1')).json()
    expect(page.items).toHaveLength(1)
    expect(page.nextCursor).not.toBeNull()
    for (const body of [{ expiresIn: 0 }, { expiresIn: 400 * 86_400 }, { more: true }])
      expect((await call('tax', 'tax/nats-credentials', { method: 'POST', body })).statusCode).toBe(
        400,
      )
  })

  it('stops at fifty that have not expired', async () => {
    let answer = await call('tax', 'tax/nats-credentials', { method: 'POST' })
    for (let more = 0; answer.statusCode === 201 && more < 60; more++)
      answer = await call('tax', 'tax/nats-credentials', { method: 'POST' })
    expect(answer.json()).toMatchObject({ status: 409, most: 50 })
    expect((await call('finance', 'finance/nats-credentials', { method: 'POST' })).statusCode).toBe(
      201,
    )
  })
})

describe('revokeOfOtherKeys', () => {
  it('marks what keys have made that are no longer those of the account', async () => {
    const keys = registry.accountKeys as AccountKeys
    const states = async () => {
      const { items } = (await call('finance', 'finance/nats-credentials')).json()
      return new Set(items.map((each: { state: string }) => each.state))
    }
    await revokeOfOtherKeys(registry.db, keys, new Date())
    expect(await states()).toContain('active')
    const departmentSecret = Buffer.alloc(32, 1).toString('base64')
    await revokeOfOtherKeys(registry.db, { ...keys, departmentSecret }, new Date())
    expect(await states()).not.toContain('active')
  })
})
