import { ClientSuspendedError } from '@lexchange/auth'
import { directorySubject, LicenseSnapshot } from '@lexchange/contracts'
import { connectNats, consumeEvents, ensureStreams, startOutboxRelay } from '@lexchange/events'
import { startTestNats, type TestNats, waitFor } from '@lexchange/testing'
import { jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { Compile } from 'typebox/compile'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { application, CLAIMS, SENSITIVE } from '../test/applications.ts'
import { startIssuer, type TestIssuer } from '../test/start-issuer.ts'
import { directoryHandlers } from './directory/index.ts'

const log = pino({ level: 'silent' })

let issuer: TestIssuer
let server: TestNats
let nats: NatsConnection

beforeAll(async () => {
  issuer = await startIssuer()
  server = await startTestNats()
  nats = await connectNats({ servers: server.servers, name: 'test', log })
  await ensureStreams(nats)
})
afterAll(async () => {
  await nats.close()
  await server.stop()
  await issuer.stop()
})

const change = (id: string, verb: string) =>
  issuer.post(`/v1/licenses/${id}/${verb}`, { reason: verb })

describe('the events of the issuer', () => {
  it('reach ISSUANCE in the order of each license', async () => {
    const ids: string[] = []
    for (let index = 0; index < 5; index++) {
      const { body } = await issuer.post('/v1/licenses', application())
      ids.push(body.license.id)
    }
    await Promise.all(
      ids.map(async (id) => {
        for (const verb of ['suspend', 'reinstate', 'revoke']) await change(id, verb)
      }),
    )
    const database = { connectionString: issuer.database.url }
    const relay = startOutboxRelay({ db: issuer.db, database, nats, log, metrics: new Registry() })
    const consumer = await jetstream(nats).consumers.get('ISSUANCE')
    const seen = new Map<string, string[]>()
    let count = 0
    for await (const message of await consumer.consume()) {
      const { subject, sequence, type } = message.json<{
        subject: string
        sequence: string
        type: string
      }>()
      if (type === 'lexchange.authority.keys.v1') continue
      seen.set(subject, [...(seen.get(subject) ?? []), `${sequence} ${type.split('.')[2]}`])
      if (++count === 20) break
    }
    for (const id of ids)
      expect(seen.get(id)).toEqual(['1 issued', '2 suspended', '3 reinstated', '4 revoked'])
    await relay.stop()
  })
})

describe('the directory', () => {
  it('takes what DIRECTORY says, ignores what is older, and parks what it cannot read', async () => {
    const running = consumeEvents({
      db: issuer.db,
      nats,
      stream: 'DIRECTORY',
      consumer: 'issuer',
      handlers: directoryHandlers,
      log,
      metrics: new Registry(),
      onApplied: issuer.directory.refresh,
    })
    const publish = (kind: 'authority' | 'client', data: { id: string; revision: number }) =>
      jetstream(nats).publish(
        directorySubject(kind, data.id),
        JSON.stringify({
          specversion: '1.0',
          id: crypto.randomUUID(),
          source: '/registry',
          type: `lexchange.directory.${kind}.v1`,
          subject: data.id,
          time: new Date().toISOString(),
          datacontenttype: 'application/json',
          data,
        }),
      )
    const beijing = { ...issuer.directory.findAuthority('beijing'), id: 'beijing' }
    await publish('authority', { ...beijing, revision: 3, state: 'suspended' } as never)
    await waitFor(() => issuer.directory.findAuthority('beijing')?.state === 'suspended')
    const { body } = await issuer.post('/v1/licenses', application(), { as: 'beijing' })
    expect(body).toMatchObject({ status: 403, type: 'urn:lexchange:problem:client-suspended' })

    await publish('authority', { ...beijing, revision: 2, state: 'active' } as never)
    await publish('authority', { id: 'broken', revision: 1 })
    const parked = () => issuer.get('/v1/parked-events', { as: 'administrator' })
    await waitFor(async () => (await parked()).body.items.length === 1)
    expect(issuer.directory.findAuthority('beijing')?.state).toBe('suspended')
    const { items, nextCursor } = (await parked()).body
    expect(nextCursor).toBeNull()
    expect(items[0]).toMatchObject({
      consumer: 'issuer',
      subject: 'directory.authority.broken',
      reason: 'event-malformed',
    })
    expect(Object.keys(items[0]).sort()).toEqual([
      'consumer',
      'detail',
      'id',
      'parkedAt',
      'reason',
      'streamSequence',
      'subject',
    ])
    expect(
      (await issuer.get('/v1/parked-events?cursor=bogus', { as: 'administrator' })).status,
    ).toBe(400)

    await publish('client', {
      id: 'shenzhen-reader',
      name: 'x',
      kind: 'authority',
      authorityId: 'shenzhen',
      scopes: [],
      state: 'suspended',
      revision: 1,
    } as never)
    const reader = { clientId: 'shenzhen-reader' } as Parameters<
      typeof issuer.directory.authorize
    >[0]
    await waitFor(() => {
      try {
        issuer.directory.authorize(reader)
        return false
      } catch (error) {
        return error instanceof ClientSuspendedError
      }
    })
    await running.stop()
  })
})

describe('the snapshot', () => {
  it('has every license with all versions in byte order, and public claims only', async () => {
    const asked = application({ claims: { ...CLAIMS, ...SENSITIVE } })
    const { body } = await issuer.post('/v1/licenses', asked)
    await issuer.post(`/v1/licenses/${body.license.id}/amend`, {
      reason: 'x',
      claims: { domicile: '示例路 2 号' },
    })
    const { status, headers, text } = await issuer.get('/v1/snapshots/licenses', {
      as: 'administrator',
    })
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/x-ndjson')
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as LicenseSnapshot)
    const check = Compile(LicenseSnapshot)
    for (const line of lines) expect(check.Errors(line)).toEqual([])
    const numbers = lines.map(({ number }) => number)
    expect(numbers).toEqual(numbers.toSorted((one, other) => (one < other ? -1 : 1)))
    const own = lines.find(({ licenseId }) => licenseId === body.license.id)
    expect(own?.versions.map(({ event }) => event)).toEqual(['issued', 'amended'])
    expect(own?.versions[0]?.claims).toEqual(CLAIMS)
    expect(text).not.toContain(SENSITIVE.settlementAccount)
    expect((await issuer.get('/v1/snapshots/licenses')).status).toBe(403)
  })
})

describe('the catalogue', () => {
  it('lists types with their schemas and classifications', async () => {
    const { body } = await issuer.get('/v1/license-types')
    expect(body.items.map(({ code }: { code: string }) => code)).toEqual([
      'business-license',
      'construction-qualification',
      'food-operation-permit',
    ])
    const first = await issuer.get('/v1/license-types?limit=1')
    const rest = await issuer.get(`/v1/license-types?cursor=${first.body.nextCursor}`)
    expect([...first.body.items, ...rest.body.items]).toEqual(body.items)
    const one = await issuer.get('/v1/license-types/business-license')
    expect(one.body).toEqual(body.items[0])
    expect(Object.keys(one.body).sort()).toEqual([
      'claims',
      'classification',
      'code',
      'description',
      'holders',
      'nationalType',
      'seals',
      'title',
      'version',
    ])
    expect(one.body.claims.required).toHaveLength(7)
    expect(one.body.classification.contactPhone).toBe('personal')
    expect((await issuer.get('/v1/license-types/fishing')).body.type).toMatch(
      /license-type-not-found$/,
    )
    expect((await issuer.get('/v1/license-types', { as: null })).status).toBe(401)
  })
})

describe('the issuer', () => {
  it('is ready while NATS is away, and says so', async () => {
    const { status, body } = await issuer.get('/health/ready', { as: null })
    expect(status).toBe(200)
    expect(body.dependencies).toMatchObject({
      postgres: { status: 'up' },
      nats: { status: 'degraded' },
      directory: { status: 'up' },
    })
  })
})
