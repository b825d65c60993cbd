import { claimsErased } from '@lexchange/contracts'
import { Compile } from 'typebox/compile'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { application, CLAIMS } from '../../test/applications.ts'
import { markedClaims } from '../../test/find-markers.ts'
import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'
import { takeApart } from '../../test/take-apart.ts'

let issuer: TestIssuer

beforeAll(async () => {
  issuer = await startIssuer()
})
afterEach(() => {
  Object.assign(issuer.away, { now: false, until: undefined })
})
afterAll(() => issuer.stop())

const REASON = { reason: 'The holder has asked for it', legalBasis: '个人信息保护法 第四十七条' }
const ERASED = 'urn:lexchange:problem:claims-erased'
type Options = Parameters<TestIssuer['post']>[2]

const keyed = () => ({ headers: { 'idempotency-key': crypto.randomUUID() } })
const erase = (id: string, options?: Options) =>
  issuer.post(`/v1/licenses/${id}/erase-claims`, REASON, options)

async function issued(options: Options = {}) {
  const { claims } = markedClaims()
  const asked = application({ claims: { ...CLAIMS, ...claims } })
  const { body } = await issuer.post('/v1/licenses', asked, options)
  return { id: body.license.id as string, asked, claims, credential: body.credential as string }
}

describe('eraseClaims', () => {
  it('takes the claims out of license, credential and outbox, and keeps all else', async () => {
    const { id, credential } = await issued()
    const { status, body, headers } = await erase(id)
    expect([status, headers.etag, body.license.claims]).toEqual([200, '"1"', CLAIMS])
    expect((await issuer.get(`/v1/licenses/${id}`)).body.license).toEqual(body.license)
    const present = (await issuer.get(`/v1/licenses/${id}/credential`)).text
    expect(present, 'what is signed stays').toBe(`${credential.split('~')[0]}~`)
    expect(takeApart(present).hidden).toEqual([])
    const [first, event, ...more] = await issuer.eventsOf(id)
    expect(first?.data).toMatchObject({ sealed: true, version: 1 })
    expect(first?.data).not.toHaveProperty('sealedClaims')
    expect(Compile(claimsErased.message).Errors(event)).toEqual([])
    expect(event).toMatchObject({
      natsSubject: 'issuance.440300.business-license.claims-erased',
      data: { licenseId: id, authorityId: 'shenzhen', by: 'shenzhen-authority', ...REASON },
    })
    expect(more).toEqual([])
    const stored = await issuer.db
      .selectFrom('license')
      .select(['data_key', 'sealed'])
      .where('id', '=', id)
      .executeTakeFirst()
    expect(stored).toEqual({ data_key: null, sealed: null })
    const versions = await issuer.db
      .selectFrom('license_version')
      .select('sealed')
      .where('license_id', '=', id)
      .execute()
    expect(versions).toEqual([{ sealed: null }])
  })

  it('gives the claims to no repetition of a command from before', async () => {
    const options = keyed()
    const { id, asked } = await issued(options)
    const suspension = keyed()
    await issuer.post(`/v1/licenses/${id}/suspend`, { reason: 'pause' }, suspension)
    await erase(id)
    for (const again of [
      await issuer.post('/v1/licenses', asked, options),
      await issuer.post(`/v1/licenses/${id}/suspend`, { reason: 'pause' }, suspension),
    ])
      expect([again.status, again.body.type]).toEqual([410, ERASED])
  })

  it('lets the license go on without such claims, and takes none any more', async () => {
    const { id } = await issued()
    await erase(id)
    const amend = (claims: object) =>
      issuer.post(`/v1/licenses/${id}/amend`, { reason: 'changed', claims })
    const refused = await amend({ contactPhone: '+8675512345678' })
    expect([refused.status, refused.body.type]).toEqual([410, ERASED])
    const { status, body } = await amend({ domicile: '示例路 9 号' })
    expect([status, body.license.version]).toEqual([200, 2])
    expect(body.license.claims).toEqual({ ...CLAIMS, domicile: '示例路 9 号' })
    const events = await issuer.eventsOf(id)
    expect(events.at(-1)?.data).not.toHaveProperty('sealedClaims')
    expect(events.at(-1)).toMatchObject({ sequence: '2' })
  })

  it('answers a repetition alike, and announces it once', async () => {
    const { id } = await issued()
    const options = keyed()
    const first = await erase(id, options)
    const again = await erase(id, options)
    expect(again.body).toEqual(first.body)
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect((await erase(id)).status).toBe(200)
    expect(await issuer.eventsOf(id)).toHaveLength(2)
    const audit = await issuer.db
      .selectFrom('audit_entry')
      .select(['action', 'detail'])
      .where('subject', '=', id)
      .orderBy('id')
      .execute()
    expect(audit.slice(1)).toEqual([{ action: 'license.claims-erased', detail: REASON }])
  })

  it('refuses another version than the one that was seen, and licenses of others', async () => {
    const { id } = await issued()
    expect((await erase(id, { headers: { 'if-match': '"7"' } })).status).toBe(412)
    expect((await erase(id, { as: 'beijing' })).status).toBe(404)
    expect((await erase(crypto.randomUUID())).status).toBe(404)
    expect((await issuer.get(`/v1/licenses/${id}`)).body.license.claims).not.toEqual(CLAIMS)
  })

  it('waits for a command that is under way, whose claims it erases too', async () => {
    const { id } = await issued()
    const gate = Promise.withResolvers<void>()
    issuer.away.until = gate.promise
    const contactPhone = '+8675500000000'
    const amending = issuer.post(`/v1/licenses/${id}/amend`, {
      reason: 'new',
      claims: { contactPhone },
    })
    await expect.poll(() => issuer.away.waiting).toBe(1)
    const erasing = erase(id)
    gate.resolve()
    const [amended, erased] = await Promise.all([amending, erasing])
    expect([amended.status, erased.status]).toEqual([200, 200])
    expect(erased.body.license).toMatchObject({ version: 2, claims: CLAIMS })
    expect((await issuer.get(`/v1/licenses/${id}`)).body.license.claims).toEqual(CLAIMS)
  })

  it('drops what a command that could not be signed has left', async () => {
    const { id } = await issued()
    issuer.away.now = true
    const options = keyed()
    const amend = () =>
      issuer.post(
        `/v1/licenses/${id}/amend`,
        { reason: 'new', claims: { contactPhone: '+8675511111111' } },
        options,
      )
    expect((await amend()).status).toBe(503)
    expect((await erase(id)).status).toBe(200)
    issuer.away.now = false
    const again = await amend()
    expect([again.status, again.body.type]).toEqual([410, ERASED])
  })
})
