import { readCredential } from '@lexchange/credentials'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { application, CLAIMS, SENSITIVE } from '../../test/applications.ts'
import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'

let issuer: TestIssuer

beforeAll(async () => {
  issuer = await startIssuer()
})
afterEach(() => {
  issuer.clock.offset = 0
})
afterAll(() => issuer.stop())

type Options = Parameters<TestIssuer['post']>[2]

async function held() {
  const asked = application({ claims: { ...CLAIMS, ...SENSITIVE } })
  const { body } = await issuer.post('/v1/licenses', asked)
  const holder = await issuer.holder(asked.holder.uscc)
  const { id } = body.license as { id: string }
  const present = (more: object = {}, options: Options = holder) =>
    issuer.post(`/v1/licenses/${id}/presentations`, { disclose: [], ...more }, options)
  return { id, holder, present, credential: body.credential as string }
}

const exchange = (reference: string, options: Options = { as: 'bank' }) =>
  issuer.post(`/v1/presentations/${reference}/exchange`, undefined, options)

const namesIn = (credential: string) =>
  credential
    .split('~')
    .slice(1, -1)
    .map((each) => JSON.parse(Buffer.from(each, 'base64url').toString())[1])
    .sort()

const code = ({ status, body }: { status: number; body: { type: string } }) => [
  status,
  body.type.split(':').at(-1),
]

describe('createPresentation', () => {
  it('gives a QR code of a reference that its holder can show', async () => {
    const { present, holder } = await held()
    const { status, headers, body } = await present({ disclose: ['contactPhone'] })
    expect(status).toBe(201)
    expect(headers['cache-control']).toBe('no-store')
    expect(Object.keys(body).sort()).toEqual(['expiresAt', 'qr', 'reference', 'url'])
    expect(body.reference).toMatch(/^[\w-]{43}$/)
    expect(body.url).toBe(`http://127.0.0.1:7001/v1/presentations/${body.reference}`)
    expect(body.qr).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"[\s\S]*<\/svg>$/)
    expect(body.qr).toMatch(/<(path|rect)[\s\S]{500}/)
    expect(body.qr, 'another reference is another code').not.toBe((await present()).body.qr)
    const left = Date.parse(body.expiresAt) - Date.now()
    expect(left).toBeGreaterThan(100_000)
    expect(left).toBeLessThanOrEqual(120_000)
    // Who reads the table can exchange nothing.
    const { rows } = await sql`select presentation::text as row from presentation`.execute(
      issuer.db,
    )
    expect(JSON.stringify(rows)).not.toContain(body.reference)
    expect(code(await issuer.post('/v1/licenses', application(), holder))).toEqual([
      ...[403, 'insufficient-scope'],
    ])
  })

  it('is for the holder of the license only', async () => {
    const { present } = await held()
    const other = await held()
    expect(code(await present({}, other.holder))).toEqual([404, 'license-not-found'])
    expect(code(await present({}, { as: 'shenzhen' }))).toEqual([403, 'insufficient-scope'])
    expect(code(await present({}, { as: 'bank' }))).toEqual([403, 'insufficient-scope'])
    expect(code(await present({}, { as: null }))).toEqual([401, 'unauthenticated'])
  })

  it('refuses a claim that is not hidden in it, and names it', async () => {
    const { present } = await held()
    for (const name of ['shoeSize', 'domicile', 'holder.name']) {
      const { body } = await present({ disclose: ['contactPhone', name] })
      expect(body).toMatchObject({
        ...{ status: 422, type: 'urn:lexchange:problem:disclosure-unknown', field: name },
        errors: [{ pointer: '/disclose/1' }],
      })
    }
    const wrong = [
      { disclose: ['contactPhone', 'contactPhone'] },
      { disclose: ['_sd'] },
      { expiresInSeconds: 9 },
      { expiresInSeconds: 601 },
      { audience: 'bank' },
    ]
    for (const each of wrong) expect(code(await present(each))).toEqual([400, 'request-invalid'])
  })

  it('gives the same reference again to a repetition', async () => {
    const { present, holder } = await held()
    const options = { ...holder, headers: { ...holder.headers, 'idempotency-key': 'k-1' } }
    const first = await present({}, options)
    expect((await present({}, options)).body).toEqual(first.body)
  })
})

describe('exchangePresentation', () => {
  it.each([
    [[]],
    [['contactPhone']],
    [['contactPhone', 'settlementAccount']],
    [Object.keys(SENSITIVE)],
  ])('shows exactly %j, and all that is public', async (disclose) => {
    const { id, present, credential } = await held()
    const { body } = await present({ disclose })
    const answer = await exchange(body.reference)
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.body.licenseId).toBe(id)
    expect(namesIn(answer.body.credential)).toEqual(disclose.toSorted())
    expect(answer.body.credential.split('~')[0]).toBe(credential.split('~')[0])
    expect(readCredential(answer.body.credential).ok).toBe(true)
  })

  it('is good once', async () => {
    const { present } = await held()
    const { body } = await present()
    const answers = await Promise.all(Array.from({ length: 6 }, () => exchange(body.reference)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 410, 410, 410, 410, 410])
    expect(code(await exchange(body.reference))).toEqual([410, 'presentation-gone'])
  })

  it('is good for as long as the holder said', async () => {
    const { present } = await held()
    const [short, long] = [await present({ expiresInSeconds: 10 }), await present()]
    issuer.clock.offset = 11_000
    expect(code(await exchange(short.body.reference))).toEqual([410, 'presentation-gone'])
    expect((await exchange(long.body.reference)).status).toBe(200)
  })

  it('shows the license as it is now', async () => {
    const { id, present } = await held()
    const [one, other] = [await present({ disclose: ['contactPhone'] }), await present()]
    const change = { reason: 'x', claims: { contactPhone: null, domicile: '示例路 9 号' } }
    expect((await issuer.post(`/v1/licenses/${id}/amend`, change)).status).toBe(200)
    const { body } = await exchange(other.body.reference)
    const [, payload = ''] = body.credential.split('.')
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      version: 2,
      claims: { domicile: '示例路 9 号' },
    })
    // What the holder chose is no longer there: less would not be what it meant to show.
    expect(code(await exchange(one.body.reference))).toEqual([410, 'presentation-gone'])
  })

  it('answers 404 for a reference that nobody gave out, and is for who may verify', async () => {
    const { present } = await held()
    const { reference } = (await present()).body
    expect(code(await exchange('A'.repeat(43)))).toEqual([404, 'presentation-not-found'])
    expect(code(await exchange('A'))).toEqual([400, 'request-invalid'])
    expect(code(await exchange(reference, { as: 'shenzhen' }))).toEqual([403, 'insufficient-scope'])
    expect(code(await exchange(reference, { as: 'tax' }))).toEqual([403, 'insufficient-scope'])
    expect(code(await exchange(reference, { as: null }))).toEqual([401, 'unauthenticated'])
    expect((await exchange(reference)).status, 'all that took nothing').toBe(200)
  })
})
