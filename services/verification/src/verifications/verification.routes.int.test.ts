import { createTestTokens, startTestNats, type TestNats, waitFor } from '@lexchange/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type FakeRegistry, startFakeRegistry } from '../../test/fake-registry.ts'
import { license, licenseEvent, numbered } from '../../test/license-events.ts'
import { startVerification, type TestVerification } from '../../test/start-verification.ts'
import { openStreams, type TestStreams } from '../../test/streams.ts'

let nats: TestNats
let streams: TestStreams
let registry: FakeRegistry
let verification: TestVerification
let headers: { authorization: string }
let administrator: { authorization: string }
let known: string

const path = (number: string, query = '') =>
  `/v1/licenses/business-license/${encodeURIComponent(number)}/status${query}`

async function getStatus(number: string, query = '') {
  const response = await verification.app.inject({ url: path(number, query), headers })
  return { code: response.statusCode, headers: response.headers, body: response.json() }
}

async function post(url: string, payload: object, asked = headers) {
  const response = await verification.app.inject({ method: 'POST', url, payload, headers: asked })
  return { code: response.statusCode, body: response.json() }
}

const request = (changes: object = {}) => ({
  license: { type: license.type, number: license.number },
  purpose: 'tendering',
  caseRef: 'SZ-2026-0117',
  ...changes,
})

beforeAll(async () => {
  nats = await startTestNats()
  registry = await startFakeRegistry()
  streams = await openStreams(nats.servers)
  const tokens = await createTestTokens()
  const scopes = ['license:verify']
  const department = { clientId: 'tendering-department', departmentId: 'tendering', scopes }
  known = await tokens.headerFor({ ...department, kind: 'department' })
  headers = { authorization: known }
  administrator = {
    authorization: await tokens.headerFor({
      clientId: 'administrator-1',
      kind: 'administrator',
      scopes: ['projection:read'],
    }),
  }
  registry.snapshot = {
    position: 0,
    streamCreated: await streams.created('LICENSES'),
    licenses: [],
  }
  const key = { id: 'oauth', issuer: tokens.issuer, jwks: tokens.jwks as never, revision: 1 }
  await streams.enter({ kind: 'key', entry: key })
  verification = await startVerification({
    servers: nats.servers,
    registryUrl: registry.url,
    tokens,
  })
  await waitFor(async () => (await verification.app.inject('/health/ready')).statusCode === 200)
  await streams.publish(licenseEvent('issued'))
  const last = await streams.publish(
    licenseEvent('amended', {
      version: 2,
      effectiveAt: '2026-03-01T00:00:00.000Z',
      claims: { ...license.claims, name: '厦门新示例有限公司' },
    }),
  )
  await getStatus(license.number, `?minPosition=${last}`)
})

afterAll(async () => {
  await verification.remove()
  await streams.close()
  await registry.close()
  await nats.stop()
})

describe('checkStatus', () => {
  it('answers with exactly the members of the contract', async () => {
    const { code, body } = await getStatus(license.number)
    expect(code).toBe(200)
    expect(body).toEqual({
      type: 'business-license',
      number: license.number,
      verdict: 'valid',
      status: 'active',
      version: 2,
      validFrom: license.validFrom,
      validUntil: null,
      asOf: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/),
      position: 2,
      stale: false,
    })
  })

  it('answers 200 with the verdict unknown for a number nobody issued', async () => {
    for (const number of ['nobody', '号 1/2', 'x'.repeat(64)]) {
      const { code, body } = await getStatus(number)
      expect(code).toBe(200)
      expect(body).toMatchObject({
        number,
        verdict: 'unknown',
        status: 'unknown',
        version: null,
        validFrom: null,
        validUntil: null,
      })
    }
  })

  it('answers for an earlier time', async () => {
    const asked = async (at: string) =>
      (await getStatus(license.number, `?at=${encodeURIComponent(at)}`)).body
    expect(await asked('2025-12-31T23:59:59.999Z')).toMatchObject({ verdict: 'unknown' })
    expect(await asked('2026-01-01T00:00:00.000Z')).toMatchObject({
      verdict: 'invalid',
      status: 'not-yet-valid',
      version: 1,
    })
    expect(await asked('2026-01-02T08:00:00.000+08:00')).toMatchObject({
      verdict: 'valid',
      version: 1,
      asOf: '2026-01-02T00:00:00.000Z',
    })
    expect(await asked('2026-03-01T00:00:00.000Z')).toMatchObject({ version: 2 })
  })

  it('refuses a time in the future, and what is no time', async () => {
    const future = await getStatus(license.number, '?at=2999-01-01T00:00:00.000Z')
    expect(future.code).toBe(422)
    expect(future.body.type).toBe('urn:lexchange:problem:at-in-future')
    for (const at of ['yesterday', '2026-01-01', '2026-06-30T23:59:60Z'])
      expect((await getStatus(license.number, `?at=${at}`)).code).toBe(400)
    expect((await getStatus(license.number, '?when=now')).code).toBe(400)
    expect((await getStatus('x'.repeat(65))).code).toBe(400)
  })

  it('waits for a position, and gives up after a second', async () => {
    const started = performance.now()
    const waiting = getStatus(license.number, '?minPosition=3')
    const arrived = await streams.publish(licenseEvent('issued', numbered(3)))
    expect(arrived).toBe(3)
    expect((await waiting).body.position).toBe(3)
    expect(performance.now() - started).toBeLessThan(1_000)
    const late = await getStatus(license.number, '?minPosition=1000')
    expect(late.code).toBe(503)
    expect(late.headers['retry-after']).toBe('1')
    expect(late.body).toMatchObject({
      type: 'urn:lexchange:problem:position-not-reached',
      minPosition: 1000,
      position: 3,
    })
  })

  it('needs a token with license:verify', async () => {
    const { app } = verification
    const missing = await app.inject({ url: path(license.number) })
    expect(missing.statusCode).toBe(401)
    const other = await app.inject({ url: path(license.number), headers: administrator })
    expect(other.statusCode).toBe(403)
  })

  it('refuses a department within a second of its suspension', async () => {
    const entry = { id: 'tendering', name: 'Tendering', kind: 'tendering', region: '100000' }
    await streams.enter({
      kind: 'department',
      entry: { ...entry, state: 'suspended', revision: 2 },
    })
    await waitFor(async () => (await getStatus(license.number)).code === 403, { timeout: 1_000 })
    expect((await getStatus(license.number)).body.type).toBe(
      'urn:lexchange:problem:client-suspended',
    )
    await streams.enter({ kind: 'department', entry: { ...entry, state: 'active', revision: 3 } })
    await waitFor(async () => (await getStatus(license.number)).code === 200, { timeout: 1_000 })
  })
})

describe('verifyLicense', () => {
  it('gives verdict, checks, matches and public values of the version at T', async () => {
    const asked = request({
      match: { name: ' 厦门示例有限公司 ', legalRepresentative: '李四' },
      disclose: ['businessScope', 'domicile'],
      at: '2026-02-01T00:00:00.000Z',
    })
    const { code, body } = await post('/v1/verifications', asked)
    expect(code).toBe(200)
    expect(body).toEqual({
      verificationId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      verdict: 'valid',
      status: 'active',
      version: 1,
      validFrom: license.validFrom,
      validUntil: null,
      checks: [
        { check: 'signature', result: 'skipped', code: 'no-credential' },
        { check: 'issuer', result: 'skipped', code: 'no-credential' },
        { check: 'validity', result: 'pass', code: 'within-validity' },
        { check: 'status', result: 'pass', code: 'status-active' },
        { check: 'disclosures', result: 'skipped', code: 'no-credential' },
        { check: 'holder-binding', result: 'skipped', code: 'no-credential' },
        {
          check: 'match',
          result: 'fail',
          code: 'mismatch',
          detail: 'No match: legalRepresentative',
        },
      ],
      match: { name: true, legalRepresentative: false },
      disclosed: { businessScope: '软件开发', domicile: null },
      asOf: '2026-02-01T00:00:00.000Z',
      position: expect.any(Number),
      stale: false,
    })
  })

  it('finds a license by its id', async () => {
    const { body } = await post(
      '/v1/verifications',
      request({ license: { id: license.licenseId } }),
    )
    expect(body).toMatchObject({ verdict: 'valid', version: 2 })
    expect(body).not.toHaveProperty('match')
    expect(body).not.toHaveProperty('disclosed')
  })

  it('answers unknown for a license that does not exist', async () => {
    const fields = { match: { name: 'x' }, disclose: ['name'] }
    for (const asked of [
      { type: 'business-license', number: 'nobody' },
      { type: 'no-such-type', number: '1' },
      { id: '01900000-0000-7000-8000-00000000ffff' },
    ]) {
      const { code, body } = await post('/v1/verifications', request({ license: asked, ...fields }))
      expect(code).toBe(200)
      expect(body).toMatchObject({ verdict: 'unknown', match: { name: false }, disclosed: {} })
      expect(body.checks).toContainEqual({
        check: 'status',
        result: 'not-checkable',
        code: 'license-unknown',
      })
    }
  })

  it('refuses personal and secret fields, then fields that the type does not have', async () => {
    for (const [asked, field] of [
      [{ match: { contactPhone: '+8613800000000' } }, 'contactPhone'],
      [{ disclose: ['name', 'nonsense', 'settlementAccount'] }, 'settlementAccount'],
    ] as const) {
      const { code, body } = await post('/v1/verifications', request(asked))
      expect(code).toBe(403)
      expect(body).toMatchObject({ type: 'urn:lexchange:problem:field-not-granted', field })
    }
    const unknown = await post('/v1/verifications', request({ disclose: ['constructor'] }))
    expect(unknown.code).toBe(422)
    expect(unknown.body).toMatchObject({
      type: 'urn:lexchange:problem:field-unknown',
      field: 'constructor',
    })
  })

  it('refuses what does not fit the contract', async () => {
    for (const asked of [
      request({ purpose: undefined }),
      request({ caseRef: undefined }),
      request({ caseRef: 'line\nbreak' }),
      request({ purpose: 'Not A Slug' }),
      request({ receipt: true }),
      request({ license: { credential: 'x' } }),
      request({ license: { type: 'business-license', number: '1', id: license.licenseId } }),
      request({ disclose: Array.from({ length: 33 }, (_, index) => `field${index}`) }),
      request({ match: { name: 7 } }),
      request({ at: 'now' }),
    ])
      expect((await post('/v1/verifications', asked)).code).toBe(400)
  })
})

describe('verifyBatch', () => {
  it('answers every item in its order, and lets a bad one fail alone', async () => {
    const items = [
      request(),
      request({ caseRef: undefined }),
      'nonsense',
      request({ disclose: ['contactPhone'] }),
      request({ minPosition: 5_000 }),
      request({ license: { type: 'business-license', number: 'nobody' } }),
    ]
    const started = performance.now()
    const { code, body } = await post('/v1/verifications/batch', { items })
    expect(code).toBe(200)
    expect(performance.now() - started).toBeLessThan(2_500)
    const outcome = body.items.map(
      (item: { verdict?: string; problem?: { status: number } }) =>
        item.verdict ?? item.problem?.status,
    )
    expect(outcome).toEqual(['valid', 400, 400, 403, 503, 'unknown'])
  })

  it('takes 1,000 items, not more and not none', async () => {
    const items = Array.from({ length: 1_000 }, () => request({ match: { name: 'x' } }))
    const { code, body } = await post('/v1/verifications/batch', { items })
    expect([code, body.items.length]).toEqual([200, 1_000])
    expect((await post('/v1/verifications/batch', { items: [...items, {}] })).code).toBe(400)
    expect((await post('/v1/verifications/batch', { items: [] })).code).toBe(400)
    const refused = await post('/v1/verifications/batch', { items }, administrator)
    expect(refused.code).toBe(403)
  })
})

describe('listSnapshot', () => {
  it('gives every license with all versions in the order of the keys', async () => {
    for (const index of [9, 7, 8]) await streams.publish(licenseEvent('issued', numbered(index)))
    const last = await streams.publish(licenseEvent('issued', { ...numbered(6), number: '一号' }))
    await getStatus('一号', `?minPosition=${last}`)
    const response = await verification.app.inject({
      url: '/v1/snapshots/licenses',
      headers: administrator,
    })
    expect(response.headers['lexchange-position']).toBe(String(last))
    expect(response.headers['content-type']).toBe('application/x-ndjson')
    const lines = response.body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const keys = lines.map(({ type, number, licenseId }) =>
      Buffer.from(`${type}\0${number}\0${licenseId}`),
    )
    expect(keys).toEqual(keys.toSorted(Buffer.compare))
    const found = lines.find(({ licenseId }) => licenseId === license.licenseId)
    expect(found.versions.map(({ version }: { version: number }) => version)).toEqual([1, 2])
    expect(found).toMatchObject({ holder: license.holder, issuedAt: license.issuedAt })
  })
})

describe('listParkedEvents', () => {
  it('shows what could not be applied, in pages', async () => {
    const subject = 'license.440300.business-license.issued'
    const sequences = [
      await streams.publish({ subject, text: 'no JSON' }),
      await streams.publish({ subject, text: '{"type":"lexchange.license.issued.v7"}' }),
    ]
    await getStatus('x', `?minPosition=${sequences[1]}`)
    const list = async (query: string) =>
      (
        await verification.app.inject({
          url: `/v1/parked-events${query}`,
          headers: administrator,
        })
      ).json()
    const first = await list('?limit=1')
    expect(first.items).toMatchObject([
      { subject, streamSequence: sequences[0], reason: 'event-malformed', message: 'no JSON' },
    ])
    const second = await list(`?limit=1&cursor=${first.nextCursor}`)
    expect(second).toMatchObject({
      items: [{ streamSequence: sequences[1], reason: 'event-unknown' }],
      nextCursor: null,
    })
  })
})
