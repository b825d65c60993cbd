import { SigningUnavailableError } from '@lexchange/keys'
import { decodeProtectedHeader } from 'jose'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'

import { application } from '../../test/applications.ts'
import { keysOf } from '../../test/keys.ts'
import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'
import { signingKeyAt } from './key.ts'
import { maintainKeys } from './maintain-keys.ts'

const DAY = 86_400_000
const OVERLAP = 300_000

let issuer: TestIssuer
let keys: ReturnType<typeof keysOf>

beforeEach(async () => {
  issuer = await startIssuer()
  keys = keysOf(issuer)
})
afterEach(() => issuer.stop())
afterAll(() => {})

describe('signing keys', () => {
  it('are made on demand, one for an authority, however many commands come first', async () => {
    const replica = await issuer.replica()
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        (index % 2 ? issuer : replica).post('/v1/licenses', application()),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201))
    const { items } = await keys.list()
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({
      state: 'signing',
      compromisedSince: null,
      credentials: { signed: 8, distrusted: 0 },
    })
    const [jwk] = await keys.published()
    expect(items[0]?.publicJwk).toEqual(jwk)
    for (const { body } of answers) {
      expect(decodeProtectedHeader(body.credential.split('~')[0]).kid).toBe(jwk?.kid)
      const payload = JSON.parse(Buffer.from(body.credential.split('.')[1], 'base64url').toString())
      expect(payload.iat).toBeGreaterThanOrEqual(Number(jwk?.nbf))
    }
    expect((await issuer.get('/v1/keys', { as: 'beijing' })).body.items).toEqual([])
    expect((await issuer.get('/v1/keys', { as: 'reader' })).status).toBe(403)
    await replica.stop()
  })

  it('are rotated by time: published before they sign, and published when they sign no more', async () => {
    const first = await keys.kidOfIssued()
    issuer.clock.offset = 89 * DAY
    await keys.maintain()
    expect(await keys.states()).toEqual(['signing'])
    issuer.clock.offset = 90 * DAY + 1_000
    await keys.maintain()
    await keys.maintain()
    expect(await keys.states()).toEqual(['published', 'signing'])
    expect(await keys.published()).toHaveLength(2)
    expect(await keys.kidOfIssued()).toBe(first)
    issuer.clock.offset += OVERLAP + 1_000
    const second = await keys.kidOfIssued()
    expect(second).not.toBe(first)
    expect(await keys.states()).toEqual(['signing', 'retired'])
    expect((await keys.published()).map(({ kid }) => kid)).toEqual([first, second])
    await keys.maintain()
    expect(await keys.states()).toEqual(['signing', 'retired'])
  })

  it('are rotated once by replicas that both find it due', async () => {
    await keys.kidOfIssued()
    issuer.clock.offset = 91 * DAY
    const { keyring, keys: deps } = issuer.signing
    // Both have read the keys before either has made one.
    const seen = keyring.keysOf('shenzhen')
    const authority = { ...issuer.directory.findAuthority('shenzhen') } as never
    await Promise.all([1, 2, 3].map(() => maintainKeys(deps, authority, seen)))
    expect(await keys.states()).toEqual(['published', 'signing'])
  })

  it('are announced with every change, all of them each time', async () => {
    await keys.kidOfIssued()
    await issuer.post('/v1/keys/rotate')
    const { items } = await keys.list()
    const kid = items.at(-1)?.kid ?? ''
    await keys.compromise(kid)
    const announced = await keys.announced()
    expect(announced.map(({ subject }) => subject)).toEqual(
      Array(4).fill('issuance.440300.authority.keys'),
    )
    const counts = announced.map(({ data }) => data.jwks.keys.length)
    expect(counts).toEqual([1, 2, 2, 3])
    expect(announced.at(-1)?.data).toEqual({
      authorityId: 'shenzhen',
      region: '440300',
      issuer: 'http://127.0.0.1:7001/authorities/shenzhen',
      jwks: { keys: await keys.published() },
    })
    const { rows } = await sql<{ action: string }>`
      select action from audit_entry where action like 'signing-key.%' order by id`.execute(
      issuer.db,
    )
    expect(rows.map(({ action }) => action.split('.')[1])).toEqual([
      ...['created', 'created', 'compromised', 'created'],
    ])
  })
})

describe('rotateKey', () => {
  it('publishes a key that signs after the overlap, and refuses a second meanwhile', async () => {
    const first = await keys.kidOfIssued()
    const options = { headers: { 'idempotency-key': 'r-1' } }
    const { status, body } = await issuer.post('/v1/keys/rotate', undefined, options)
    expect([status, body.state]).toEqual([201, 'published'])
    const wait = Date.parse(body.signsFrom) - Date.parse(body.createdAt)
    expect(wait).toBeGreaterThanOrEqual(OVERLAP)
    expect((await issuer.post('/v1/keys/rotate', undefined, options)).body).toEqual(body)
    const again = await issuer.post('/v1/keys/rotate')
    expect(again.body).toMatchObject({
      ...{ status: 409, type: 'urn:lexchange:problem:signing-key-pending' },
    })
    expect(await keys.kidOfIssued()).toBe(first)
    issuer.clock.offset = OVERLAP + 2_000
    expect(await keys.kidOfIssued()).toBe(body.kid)
    expect((await issuer.post('/v1/keys/rotate')).status).toBe(201)
    expect((await issuer.post('/v1/keys/rotate', undefined, { as: 'reader' })).status).toBe(403)
  })

  it('makes one of many that are asked for at once', async () => {
    await keys.kidOfIssued()
    const answers = await Promise.all([1, 2, 3].map(() => issuer.post('/v1/keys/rotate')))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409])
    expect(await keys.states()).toEqual(['published', 'signing'])
  })
})

describe('a key that its provider could not make', () => {
  it('is completed later under the same id', async () => {
    issuer.away.generating = true
    const refused = await issuer.post('/v1/licenses', application())
    expect(refused.body).toMatchObject({
      ...{ status: 503, type: 'urn:lexchange:problem:signing-unavailable' },
    })
    const { items } = await keys.list()
    expect(items).toMatchObject([{ state: 'planned', publicJwk: null }])
    expect(await keys.published(), 'nothing to publish').toEqual([])
    await expect(keys.maintain()).rejects.toThrow(SigningUnavailableError)
    issuer.away.generating = false
    // Several at once complete one key: when it begins to sign is said once.
    await Promise.all([1, 2, 3, 4].map(() => keys.maintain()))
    expect(await keys.announced()).toHaveLength(1)
    expect(await keys.kidOfIssued()).toBe(items[0]?.kid)
    expect(await keys.states()).toEqual(['signing'])
    issuer.away.generating = true
    expect((await issuer.post('/v1/keys/rotate')).status).toBe(503)
    const planned = (await keys.list()).items[0]
    expect(planned?.state).toBe('planned')
    issuer.away.generating = false
    issuer.clock.offset = 60_000
    await keys.maintain()
    const made = (await keys.list()).items[0]
    expect(made).toMatchObject({ kid: planned?.kid, state: 'published' })
    // The overlap counts from when others can know it.
    expect(Date.parse(made?.signsFrom ?? '')).toBeGreaterThanOrEqual(
      issuer.now().getTime() + OVERLAP - 30_000,
    )
  })
})

describe('signingKeyAt', () => {
  const key = (kid: string, signsFrom: number, more: object = {}) => ({
    ...{ kid, authorityId: 'a', publicJwk: {}, createdAt: new Date(0) },
    ...{ signsFrom: new Date(signsFrom), compromisedSince: null, ...more },
  })

  it('takes the one that began last, of those that are made and not compromised', () => {
    const all = [
      key('1', 10),
      key('2', 20),
      key('3', 30, { compromisedSince: new Date(25) }),
      key('4', 40, { publicJwk: undefined }),
    ]
    const at = (time: number) => signingKeyAt(all, new Date(time))?.kid
    expect([9, 10, 19, 20, 30, 40].map(at)).toEqual([undefined, '1', '1', '2', '2', '2'])
    // One that takes the place of a compromised one: until it is made, none of before signs again.
    all.push(key('5', 50, { publicJwk: undefined, createdAt: new Date(50) }))
    expect(at(50)).toBeUndefined()
  })
})
