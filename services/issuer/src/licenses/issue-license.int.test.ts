import { readFileSync } from 'node:fs'

import { issuanceEvents } from '@lexchange/contracts'
import { checkLicenseIdentifier } from '@lexchange/license'
import { Compile } from 'typebox/compile'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { application, CLAIMS, SENSITIVE } from '../../test/applications.ts'
import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'

let issuer: TestIssuer

beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(() => issuer.stop())

const issue = (body: unknown, options?: Parameters<TestIssuer['post']>[2]) =>
  issuer.post('/v1/licenses', body, options)

describe('issueLicense', () => {
  it('answers 201 with the license, its place and its version', async () => {
    const asked = application({ claims: { ...CLAIMS, ...SENSITIVE } })
    const { status, headers, body } = await issue(asked)
    expect(status).toBe(201)
    expect(headers.etag).toBe('"1"')
    expect(headers.location).toBe(`/v1/licenses/${body.license.id}`)
    const { id, identifier, issuedAt, updatedAt, ...license } = body.license
    expect(body).toEqual({ license: body.license, seals: [], credential: expect.any(String) })
    expect(license).toEqual({
      type: 'business-license',
      number: asked.holder.uscc,
      holder: asked.holder,
      authority: { id: 'shenzhen', name: 'Shenzhen Administration for Market Regulation' },
      region: '440300',
      status: 'active',
      version: 1,
      validFrom: '2026-01-01T00:00:00.000Z',
      validUntil: '2046-01-01T00:00:00.000Z',
      claims: { ...CLAIMS, ...SENSITIVE },
    })
    expect(issuedAt).toBe(updatedAt)
    expect(checkLicenseIdentifier(identifier)).toMatchObject({
      ok: true,
      nationalType: '11100000MB0143028R001',
      version: 1,
    })
    const again = await issuer.get(`/v1/licenses/${id}`)
    expect(again.body).toEqual({ license: body.license })
    expect(again.headers.etag).toBe('"1"')
  })

  it('announces it with its public claims only, as the contract and its fixture say', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const asked = application({ claims: { ...CLAIMS, ...SENSITIVE } })
    const { body } = await issue(asked, { headers: { traceparent } })
    const events = await issuer.eventsOf(body.license.id)
    expect(events).toHaveLength(1)
    const [{ natsSubject, ...event } = { natsSubject: '' }] = events
    expect(natsSubject).toBe('issuance.440300.business-license.issued')
    expect(Compile(issuanceEvents.issued.message).Errors(event)).toEqual([])
    expect(event).toMatchObject({
      source: '/authorities/shenzhen',
      subject: body.license.id,
      sequence: '1',
      traceparent,
      data: { claims: CLAIMS, by: 'shenzhen-authority', reason: null, legalBasis: null },
    })
    expect(JSON.stringify(event)).not.toMatch(/甲|6222020200112233445|8675512345678|002X/)
    const fixture = JSON.parse(
      readFileSync(
        new URL('../../../../packages/contracts/fixtures/issuance.issued.v1.json', import.meta.url),
        'utf8',
      ),
    )
    expect(Object.keys(event).sort()).toEqual(Object.keys(fixture).sort())
    const members = [...Object.keys(fixture.data), 'sealed', 'sealedClaims']
    expect(Object.keys((event as typeof fixture).data)).toEqual(members)
  })

  it('writes license, version, audit entry and event together', async () => {
    const before = await issuer.countRows()
    await issue(application())
    const after = await issuer.countRows()
    for (const table of ['licenses', 'versions', 'audit', 'outbox'])
      expect(Number(after?.[table]) - Number(before?.[table]), table).toBe(1)
  })

  it('takes times with any offset and answers them in UTC', async () => {
    const { body } = await issue(
      application({ validFrom: '2026-01-01T08:00:00+08:00', validUntil: null }),
    )
    expect(body.license).toMatchObject({ validFrom: '2026-01-01T00:00:00.000Z', validUntil: null })
  })

  it('derives the status at the moment of asking', async () => {
    const early = await issue(application({ validFrom: '2046-01-01T00:00:00Z', validUntil: null }))
    expect(early.body.license.status).toBe('not-yet-valid')
    const late = await issue(application({ validUntil: '2026-02-01T00:00:00Z' }))
    expect(late.body.license.status).toBe('expired')
  })

  it('lets the National Administration issue anywhere, and a permit have a number of its own', async () => {
    const asked = application({
      type: 'food-operation-permit',
      number: 'JY14403000000001',
      region: '110105',
      claims: {
        name: '示例',
        legalRepresentative: '示例',
        domicile: '示例',
        premises: '示例',
        businessForm: 'restaurant',
        businessItems: ['热食类食品制售'],
      },
    })
    const { status, body } = await issue(asked, { as: 'national' })
    expect(status, JSON.stringify(body)).toBe(201)
    expect(body.license).toMatchObject({ number: 'JY14403000000001', region: '110105' })
  })

  const good = application()
  const { uscc } = good.holder
  const holder = good.holder
  it.each([
    ['no body members', {}, 400, 'request-invalid'],
    ['an unknown member', { ...good, color: 'red' }, 400, 'request-invalid'],
    ['a status, which only imports have', { ...good, status: 'active' }, 400, 'request-invalid'],
    ['a date for a time', { ...good, validFrom: '2026-01-01' }, 400, 'request-invalid'],
    [
      'a year out of bounds',
      { ...good, validFrom: '0001-01-01T00:00:00Z' },
      400,
      'request-invalid',
    ],
    ['a leap second', { ...good, validFrom: '2016-12-31T23:59:60Z' }, 400, 'request-invalid'],
    [
      'a control character',
      { ...good, holder: { ...holder, name: 'a\u0000' } },
      400,
      'request-invalid',
    ],
    [
      'claims nested deeply',
      { ...good, claims: { name: { a: { b: {} } } } },
      400,
      'request-invalid',
    ],
    ['a region that is none', { ...good, region: '44' }, 400, 'request-invalid'],
    ['an unknown type', { ...good, type: 'fishing-license' }, 422, 'license-type-unknown'],
    [
      'a person',
      { ...good, holder: { kind: 'person', idNumber: 'x', name: 'y' } },
      422,
      'holder-not-allowed',
    ],
    [
      'a false code',
      { ...good, holder: { ...holder, uscc: `${uscc.slice(0, 17)}I` } },
      422,
      'uscc-invalid',
    ],
    ['another number', { ...good, number: '914403001922038216' }, 422, 'license-number-mismatch'],
    ['a foreign region', { ...good, region: '110000' }, 422, 'region-not-granted'],
    [
      'an end before the beginning',
      { ...good, validUntil: '2025-01-01T00:00:00Z' },
      422,
      'validity-invalid',
    ],
    ['claims that are missing', { ...good, claims: {} }, 422, 'claims-invalid'],
    ['a claim that is null', { ...good, claims: { ...CLAIMS, name: null } }, 422, 'claims-invalid'],
  ])('refuses %s, and nothing changes', async (_, body, status, code) => {
    const before = await issuer.countRows()
    const answer = await issue(body)
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(answer.body).toMatchObject({ status, type: `urn:lexchange:problem:${code}` })
    expect(answer.body.errors.length).toBeGreaterThan(0)
    expect(await issuer.countRows()).toEqual(before)
  })

  it('names every claim that does not fit by its pointer', async () => {
    const { body } = await issue(application({ claims: { ...CLAIMS, name: 7, shoeSize: '42' } }))
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '/claims/name',
      '/claims/shoeSize',
    ])
  })

  it('refuses a type that the authority may not issue', async () => {
    const asked = application({ type: 'construction-qualification' })
    const { body } = await issue(asked, { as: 'beijing' })
    expect(body).toMatchObject({
      status: 422,
      type: 'urn:lexchange:problem:license-type-not-granted',
    })
  })

  it('refuses a second license of a number while one is in being', async () => {
    const asked = application()
    const first = await issue(asked)
    const second = await issue(asked)
    expect(second.body).toMatchObject({
      status: 409,
      type: 'urn:lexchange:problem:license-exists',
      currentStatus: 'active',
    })
    await issuer.post(`/v1/licenses/${first.body.license.id}/revoke`, { reason: 'over' })
    expect((await issue(asked)).status).toBe(201)
  })

  it('takes a number again when the license has expired, announced or not', async () => {
    const asked = application({ validUntil: new Date(Date.now() + 60_000).toISOString() })
    await issue(asked)
    issuer.clock.offset = 120_000
    expect((await issue({ ...asked, validUntil: null })).status).toBe(201)
    issuer.clock.offset = 0
  })

  it('lets one of many that come at once have a number', async () => {
    const asked = application()
    const answers = await Promise.all(Array.from({ length: 8 }, () => issue(asked)))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)])
  })

  it('needs a token, the scope, and an authority of the directory', async () => {
    const refused = async (as: Parameters<TestIssuer['post']>[2]) => {
      const { status, body } = await issue(application(), as)
      return [status, body.type.split(':').at(-1)]
    }
    expect(await refused({ as: null })).toEqual([401, 'unauthenticated'])
    expect(await refused({ as: 'reader' })).toEqual([403, 'insufficient-scope'])
    expect(await refused({ as: 'nobody' })).toEqual([403, 'not-an-authority'])
    expect(await refused({ as: 'unknown' })).toEqual([403, 'not-an-authority'])
  })

  it('refuses other media and bodies that are too large', async () => {
    const text = await issue('x', { headers: { 'content-type': 'text/plain' } })
    expect(text.body.type).toBe('urn:lexchange:problem:media-type-unsupported')
    const large = await issue(application({ claims: { name: 'x'.repeat(300_000) } }))
    expect(large.status).toBe(413)
  })
})
