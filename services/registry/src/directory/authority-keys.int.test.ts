import { authorityKeysSubject } from '@lexchange/contracts'
import { waitFor } from '@lexchange/testing'
import { jetstream } from '@nats-io/jetstream'
import { v7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { messagesOf } from '../../test/issuances.ts'
import { startRegistry, type TestRegistry, USCC } from '../../test/start-registry.ts'

type Key = Record<string, unknown>
type Announced = { authorityId: string; region: string; issuer: string; jwks: { keys: Key[] } }

let registry: TestRegistry
let authorization: string

beforeAll(async () => {
  registry = await startRegistry()
  authorization = await registry.admin()
})
afterAll(() => registry.stop())

const issuerOf = (id: string) => `http://127.0.0.1:7001/authorities/${id}`
const newKey = async (kid: string): Promise<Key> => (await registry.keyPair(kid)).publicJwk

async function send(method: 'GET' | 'POST' | 'PATCH' | 'PUT', url: string, payload?: object) {
  const answer = await registry.app.inject({
    ...{ method, url, headers: { authorization } },
    ...(payload && { payload }),
  })
  return { status: answer.statusCode, body: answer.json() }
}

async function newAuthority(id: string, changes: object = {}): Promise<void> {
  const about = { id, name: id, uscc: USCC, region: '440300', licenseTypes: ['business-license'] }
  const { status } = await send('POST', '/v1/authorities', { ...about, ...changes })
  expect(status).toBe(201)
}

/** An announcement by an issuer, as its outbox publishes it. */
async function announce(
  data: Partial<Announced> & { authorityId: string },
  changes: object = {},
  subject?: string,
) {
  const { authorityId } = data
  const filled = { region: '440300', issuer: issuerOf(authorityId), jwks: { keys: [] }, ...data }
  const event = {
    ...{ specversion: '1.0', id: v7(), source: `/authorities/${authorityId}` },
    ...{ type: 'lexchange.authority.keys.v1', subject: authorityId },
    ...{ time: '2026-11-24T01:00:00.000Z', datacontenttype: 'application/json' },
    data: filled,
    ...changes,
  }
  await jetstream(registry.nats).publish(
    subject ?? authorityKeysSubject(filled.region),
    JSON.stringify(event),
  )
}

async function keysOf(id: string): Promise<Key[] | undefined> {
  return (await send('GET', `/v1/authorities/${id}/keys`)).body.jwks?.keys
}

/** Announces, and gives the keys once one of them is as expected. */
async function announced(id: string, keys: Key[], holds: (keys: Key[]) => boolean) {
  await announce({ authorityId: id, jwks: { keys } })
  await waitFor(async () => holds((await keysOf(id)) ?? []))
  return (await keysOf(id)) as Key[]
}

const parked = async () =>
  (await registry.db.selectFrom('parked_event').select('reason').orderBy('id').execute()).map(
    ({ reason }) => reason,
  )

const revokedAt = (key: Key, revoked_at: number) => ({ ...key, revoked: { revoked_at } })
/** The y of the other point on P-256 that has the same x. */
function twinOf(y: string): string {
  const prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n
  const other = prime - BigInt(`0x${Buffer.from(y, 'base64url').toString('hex')}`)
  return Buffer.from(other.toString(16).padStart(64, '0'), 'hex').toString('base64url')
}

const has = (kid: string) => (keys: Key[]) => keys.some((key) => key.kid === kid)

describe('onAuthorityKeys', () => {
  it('enters the keys that an authority announces, and tells the directory', async () => {
    const key = { ...(await newKey('k-1')), nbf: 1_790_000_000, more: 'left out' }
    await announce({ authorityId: 'shenzhen', jwks: { keys: [key] } })
    const subject = 'directory.authority-keys.shenzhen'
    const told = async () =>
      (await messagesOf(registry.nats, 'DIRECTORY')).find((each) => each.subject === subject)
    await waitFor(async () => (await told()) !== undefined)
    const { more: _, ...kept } = { ...key, use: 'sig' }
    expect((await told())?.event).toMatchObject({
      type: 'lexchange.directory.authority-keys.v1',
      subject: 'shenzhen',
      data: { id: 'shenzhen', issuer: issuerOf('shenzhen'), jwks: { keys: [kept] }, revision: 1 },
    })
    expect(await keysOf('shenzhen')).toEqual([kept])
    const audit = await registry.db
      .selectFrom('audit_entry')
      .select(['action', 'by_client'])
      .where('action', '=', 'authority-keys.registered')
      .execute()
    expect(audit).toEqual([{ action: 'authority-keys.registered', by_client: 'issuer' }])
  })

  it('keeps every key it has known, also when it is left out, and says nothing twice', async () => {
    await newAuthority('keeper')
    const [one, two] = [await newKey('one'), await newKey('two')]
    await announced('keeper', [one], has('one'))
    const both = await announced('keeper', [two], has('two'))
    expect(both.map(({ kid }) => kid)).toEqual(['one', 'two'])
    await announce({ authorityId: 'keeper', jwks: { keys: [one] } })
    await announced('keeper', [await newKey('three')], has('three'))
    expect((await send('GET', '/v1/authorities/keeper/keys')).body.revision).toBe(3)
  })

  it('lets what is revoked stay revoked, from the earliest time that was ever said', async () => {
    await newAuthority('revoker')
    const key = await newKey('k')
    const time = (keys: Key[]) => (keys[0]?.revoked as { revoked_at: number })?.revoked_at
    await announced('revoker', [key], has('k'))
    await announced('revoker', [revokedAt(key, 2_000)], (keys) => time(keys) === 2_000)
    const later = await announced('revoker', [revokedAt(key, 3_000), await newKey('a')], has('a'))
    expect(time(later)).toBe(2_000)
    const away = await announced('revoker', [key, await newKey('b')], has('b'))
    expect(time(away)).toBe(2_000)
    await announced('revoker', [revokedAt(key, 1_000)], (keys) => time(keys) === 1_000)
  })

  it('parks what is announced by someone who may not, and goes on', async () => {
    await newAuthority('suspended')
    await send('PATCH', '/v1/authorities/suspended', { state: 'suspended' })
    await newAuthority('foreigner', { foreign: true })
    await newAuthority('good')
    const jwks = { keys: [await newKey('k')] }
    const before = (await parked()).length
    await announce({ authorityId: 'good', jwks }, { source: '/authorities/shenzhen' })
    await announce({ authorityId: 'good', jwks }, { source: '/registry' })
    await announce({ authorityId: 'good', jwks, region: '110000' })
    await announce({ authorityId: 'good', jwks }, {}, authorityKeysSubject('110000'))
    await announce({ authorityId: 'nobody', jwks })
    await announce({ authorityId: 'suspended', jwks })
    await announce({ authorityId: 'foreigner', jwks })
    await announced('good', [await newKey('last')], has('last'))
    expect((await parked()).slice(before)).toEqual(Array(7).fill('authority-keys-refused'))
    expect((await keysOf('good'))?.map(({ kid }) => kid)).toEqual(['last'])
  })

  it('parks keys that are none, and changes nothing by them', async () => {
    await newAuthority('odd')
    const key = await newKey('k')
    const { privateJwk } = await registry.keyPair('private')
    await announced('odd', [key], has('k'))
    const before = (await parked()).length
    const other = await newKey('k')
    for (const odd of [
      privateJwk as Key,
      other,
      { ...key, y: twinOf(String(key.y)) },
      { ...(await newKey('k2')), kid: undefined },
      { ...(await newKey('k2')), revoked: {} },
    ])
      await announce({ authorityId: 'odd', jwks: { keys: [odd] } })
    await announced('odd', [key, await newKey('last')], has('last'))
    expect((await parked()).slice(before)).toEqual(Array(5).fill('directory-entry-invalid'))
    expect((await keysOf('odd'))?.map(({ kid }) => kid)).toEqual(['k', 'last'])
    expect((await keysOf('odd'))?.[0]).toMatchObject({ x: key.x, y: key.y })
  })

  it('lets no authority take the name of another under which credentials are checked', async () => {
    await newAuthority('victim')
    await newAuthority('thief')
    await announced('victim', [await newKey('k')], has('k'))
    const before = (await parked()).length
    const jwks = { keys: [await newKey('stolen')] }
    await announce({ authorityId: 'thief', issuer: issuerOf('victim'), jwks })
    await announced('thief', [await newKey('own')], has('own'))
    expect((await parked()).slice(before)).toEqual(['directory-entry-invalid'])
    expect((await keysOf('thief'))?.map(({ kid }) => kid)).toEqual(['own'])
  })
})

describe('setAuthorityKeys', () => {
  const put = (id: string, payload: object) => send('PUT', `/v1/authorities/${id}/keys`, payload)

  it('enters keys of an authority of another exchange', async () => {
    await newAuthority('hangzhou', { foreign: true, region: '330100' })
    const issuer = 'https://licenses.example.org/authorities/hangzhou'
    const [one, two] = [await newKey('one'), await newKey('two')]
    const first = await put('hangzhou', { issuer, jwks: { keys: [one] } })
    expect(first).toMatchObject({ status: 200, body: { id: 'hangzhou', issuer, revision: 1 } })
    const second = await put('hangzhou', { issuer, jwks: { keys: [two] } })
    expect(second.body.jwks.keys.map(({ kid }: Key) => kid)).toEqual(['one', 'two'])
    expect((await send('GET', '/v1/authorities/hangzhou/keys')).body).toEqual(second.body)
  })

  it('lets an administrator say that a known key of this exchange is revoked, and nothing more', async () => {
    const key = await newKey('home-1')
    await newAuthority('foshan')
    const issuer = issuerOf('foshan')
    await announced('foshan', [key], has('home-1'))
    const revoked = revokedAt(key, 1_795_482_000)
    const answer = await put('foshan', { issuer, jwks: { keys: [revoked] } })
    expect([answer.status, answer.body.jwks.keys[0].revoked]).toEqual([200, revoked.revoked])
    const added = await put('foshan', { issuer, jwks: { keys: [key, await newKey('home-2')] } })
    expect(added.status).toBe(409)
  })

  it('refuses those of this exchange, those that are unknown, and what is malformed', async () => {
    const issuer = 'https://licenses.example.org/authorities/ningbo'
    const key = await newKey('k')
    const { privateJwk } = await registry.keyPair('p')
    await newAuthority('ningbo', { foreign: true, region: '330200' })
    const of = (...keys: unknown[]) => ({ issuer, jwks: { keys } })
    const home = await put('shenzhen', of(key))
    expect([home.status, home.body.type]).toEqual([
      409,
      'urn:lexchange:problem:authority-not-foreign',
    ])
    expect((await put('nobody', of(key))).status).toBe(404)
    expect((await send('GET', '/v1/authorities/ningbo/keys')).status).toBe(404)
    const malformed: [object, string][] = [
      [of(privateJwk), '/jwks/keys/0'],
      [of(key, { kty: 'RSA', n: 'x', e: 'AQAB', kid: 'r' }), '/jwks/keys/1'],
      [of({ kty: 'OKP', crv: 'Ed25519', x: key.x, kid: 'e' }), '/jwks/keys/0'],
      [of({ ...key, y: key.x }), '/jwks/keys/0'],
      [of({ ...key, x: 'short' }), '/jwks/keys/0'],
      [of({ ...key, kid: undefined }), '/jwks/keys/0/kid'],
      [of({ ...key, kid: 'x'.repeat(129) }), '/jwks/keys/0/kid'],
      [of(key, await newKey('k')), '/jwks/keys/1/kid'],
      [of({ ...key, nbf: 'soon' }), '/jwks/keys/0/nbf'],
      [of({ ...key, nbf: -1 }), '/jwks/keys/0/nbf'],
      ...[null, true, {}, { revoked_at: '1' }, { revoked_at: 0 }, { revoked_at: [5] }].map(
        (revoked): [object, string] => [of({ ...key, revoked }), '/jwks/keys/0/revoked'],
      ),
      [{ ...of(key), issuer: issuerOf('shenzhen') }, '/issuer'],
    ]
    for (const [body, pointer] of malformed) {
      const answer = await put('ningbo', body)
      expect([answer.status, answer.body.errors?.[0]?.pointer]).toEqual([422, pointer])
    }
    for (const body of [of(), { ...of(key), issuer: 'no uri' }, { ...of(key), more: 1 }])
      expect((await put('ningbo', body)).status).toBe(400)
    expect((await send('GET', '/v1/authorities/ningbo/keys')).status).toBe(404)
  })
})
