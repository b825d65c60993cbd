import { waitFor } from '@lexchange/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { license, licenseEvent, numbered } from '../../test/license-events.ts'
import { startWithLicense } from '../../test/start-with-license.ts'

type Served = Awaited<ReturnType<typeof startWithLicense>>

let served: Served

beforeAll(async () => {
  served = await startWithLicense()
})

afterAll(() => served.stop())

const PATH = `/v1/licenses/business-license/${license.number}/status`

const request = (changes: object = {}) => ({
  license: { type: license.type, number: license.number },
  purpose: 'tendering',
  caseRef: 'SZ-2026-0117',
  ...changes,
})

describe('checkStatus', () => {
  it('answers with exactly the members of the contract', async () => {
    const { code, body } = await served.getStatus(license.number)
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
      const { code, body } = await served.getStatus(number)
      expect(code).toBe(200)
      expect(body).toMatchObject({ number, verdict: 'unknown', status: 'unknown', version: null })
      expect(body).toMatchObject({ validFrom: null, validUntil: null })
    }
  })

  it('answers for an earlier time', async () => {
    const asked = async (at: string) =>
      (await served.getStatus(license.number, `?at=${encodeURIComponent(at)}`)).body
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
    const future = await served.getStatus(license.number, '?at=2999-01-01T00:00:00.000Z')
    expect(future.code).toBe(422)
    expect(future.body.type).toBe('urn:lexchange:problem:at-in-future')
    for (const at of ['yesterday', '2026-01-01', '2026-06-30T23:59:60Z'])
      expect((await served.getStatus(license.number, `?at=${at}`)).code).toBe(400)
    expect((await served.getStatus(license.number, '?when=now')).code).toBe(400)
    expect((await served.getStatus('x'.repeat(65))).code).toBe(400)
  })

  it('waits for a position, and gives up after a second', async () => {
    const started = performance.now()
    const waiting = served.getStatus(license.number, '?minPosition=3')
    const arrived = await served.streams.publish(licenseEvent('issued', numbered(3)))
    expect(arrived).toBe(3)
    expect((await waiting).body.position).toBe(3)
    expect(performance.now() - started).toBeLessThan(1_000)
    const late = await served.getStatus(license.number, '?minPosition=1000')
    expect(late.code).toBe(503)
    expect(late.headers['retry-after']).toBe('1')
    expect(late.body).toMatchObject({
      type: 'urn:lexchange:problem:position-not-reached',
      minPosition: 1000,
      position: 3,
    })
  })

  it('needs a token with license:verify', async () => {
    const { app } = served.verification
    const missing = await app.inject({ url: PATH })
    expect(missing.statusCode).toBe(401)
    const other = await app.inject({ url: PATH, headers: served.administrator })
    expect(other.statusCode).toBe(403)
  })

  it('refuses a department within a second of its suspension', async () => {
    const entry = { id: 'tendering', name: 'Tendering', kind: 'tendering', region: '100000' }
    await served.streams.enter({
      kind: 'department',
      entry: { ...entry, state: 'suspended', revision: 2 },
    })
    await waitFor(async () => (await served.getStatus(license.number)).code === 403, {
      timeout: 1_000,
    })
    expect((await served.getStatus(license.number)).body.type).toBe(
      'urn:lexchange:problem:client-suspended',
    )
    await served.streams.enter({
      kind: 'department',
      entry: { ...entry, state: 'active', revision: 3 },
    })
    await waitFor(async () => (await served.getStatus(license.number)).code === 200, {
      timeout: 1_000,
    })
  })
})

describe('verifyLicense', () => {
  it('gives verdict, checks, matches and public values of the version at T', async () => {
    const asked = request({
      match: { name: ' 厦门示例有限公司 ', legalRepresentative: '李四' },
      disclose: ['businessScope', 'domicile'],
      at: '2026-02-01T00:00:00.000Z',
    })
    const { code, body } = await served.post('/v1/verifications', asked)
    expect(code).toBe(200)
    expect(body).toEqual({
      verificationId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      verdict: 'valid',
      status: 'active',
      version: 1,
      validFrom: license.validFrom,
      validUntil: null,
      checks: [
        {
          check: 'signature',
          result: 'skipped',
          code: 'no-credential',
          detail: 'Not asked for: no credential was presented',
        },
        {
          check: 'issuer',
          result: 'skipped',
          code: 'no-credential',
          detail: 'Not asked for: no credential was presented',
        },
        {
          check: 'validity',
          result: 'pass',
          code: 'within-validity',
          detail: 'The time lies within the period of validity',
        },
        {
          check: 'status',
          result: 'pass',
          code: 'status-active',
          detail: 'The license was active',
        },
        {
          check: 'disclosures',
          result: 'skipped',
          code: 'no-credential',
          detail: 'Not asked for: no credential was presented',
        },
        {
          check: 'holder-binding',
          result: 'skipped',
          code: 'no-credential',
          detail: 'Not asked for: no credential was presented',
        },
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
      agreement: 'tendering',
    })
  })

  it('finds a license by its id', async () => {
    const { body } = await served.post(
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
      const { code, body } = await served.post(
        '/v1/verifications',
        request({ license: asked, ...fields }),
      )
      expect(code).toBe(200)
      expect(body).toMatchObject({ verdict: 'unknown', match: { name: false }, disclosed: {} })
      expect(body.checks).toContainEqual({
        check: 'status',
        result: 'not-checkable',
        code: 'license-unknown',
        detail: 'No such license was issued by then',
      })
    }
  })

  it('refuses personal and secret fields, then fields that the type does not have', async () => {
    for (const [asked, field] of [
      [{ match: { contactPhone: '+8613800000000' } }, 'contactPhone'],
      [{ disclose: ['name', 'nonsense', 'settlementAccount'] }, 'settlementAccount'],
    ] as const) {
      const { code, body } = await served.post('/v1/verifications', request(asked))
      expect(code).toBe(403)
      expect(body).toMatchObject({ type: 'urn:lexchange:problem:field-not-granted', field })
    }
    const unknown = await served.post('/v1/verifications', request({ disclose: ['constructor'] }))
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
      request({ receipt: 'yes' }),
      request({ license: { credential: '' } }),
      request({ license: { credential: 'x'.repeat(65_537) } }),
      request({ holderBinding: { nonce: 'n' } }),
      request({ holderBinding: { audience: 'a', nonce: 'n' } }),
      request({ license: { type: 'business-license', number: '1', id: license.licenseId } }),
      request({ disclose: Array.from({ length: 33 }, (_, index) => `field${index}`) }),
      request({ match: { name: 7 } }),
      request({ at: 'now' }),
    ])
      expect((await served.post('/v1/verifications', asked)).code).toBe(400)
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
    const { code, body } = await served.post('/v1/verifications/batch', { items })
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
    const { code, body } = await served.post('/v1/verifications/batch', { items })
    expect([code, body.items.length]).toEqual([200, 1_000])
    expect((await served.post('/v1/verifications/batch', { items: [...items, {}] })).code).toBe(400)
    expect((await served.post('/v1/verifications/batch', { items: [] })).code).toBe(400)
    const refused = await served.post('/v1/verifications/batch', { items }, served.administrator)
    expect(refused.code).toBe(403)
  })
})
