import { issuanceEvents, type LicenseEvent } from '@lexchange/contracts'
import { Compile } from 'typebox/compile'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { application, CLAIMS, SENSITIVE } from '../../test/applications.ts'
import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'

let issuer: TestIssuer

beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(() => issuer.stop())

async function issued(changes: Record<string, unknown> = {}) {
  const { body } = await issuer.post('/v1/licenses', application(changes))
  return body.license as { id: string; issuedAt: string; identifier: string }
}

type Options = Parameters<TestIssuer['post']>[2]
const change = (id: string, verb: string, more: object = {}, options?: Options) =>
  issuer.post(`/v1/licenses/${id}/${verb}`, { reason: `Test: ${verb}`, ...more }, options)

const BODY: Record<string, object> = {
  amend: { claims: { domicile: '示例路 2 号' } },
  renew: { validUntil: '2050-01-01T00:00:00Z' },
}
const STATUS_AFTER = {
  suspend: 'suspended',
  reinstate: 'active',
  revoke: 'revoked',
  cancel: 'cancelled',
}

describe('commands on a license', () => {
  it('each make a version and an event, numbered from 1 without a gap', async () => {
    const { id, identifier } = await issued({ claims: { ...CLAIMS, ...SENSITIVE } })
    const verbs = ['suspend', 'reinstate', 'amend', 'renew', 'revoke']
    for (const [index, verb] of verbs.entries()) {
      const { status, headers, body } = await change(id, verb, {
        ...BODY[verb],
        legalBasis: '§ 69',
      })
      expect(status, verb).toBe(200)
      expect(headers.etag).toBe(`"${index + 2}"`)
      expect(Object.keys(body)).toEqual(['license'])
      expect(body.license).toMatchObject({ id, version: index + 2 })
      expect(body.license.identifier).not.toBe(identifier)
    }
    const events = await issuer.eventsOf(id)
    expect(events.map(({ sequence, data }) => [sequence, data.version, data.status])).toEqual([
      ['1', 1, 'active'],
      ['2', 2, 'suspended'],
      ['3', 3, 'active'],
      ['4', 4, 'active'],
      ['5', 5, 'active'],
      ['6', 6, 'revoked'],
    ])
    const names = ['issued', 'suspended', 'reinstated', 'amended', 'renewed', 'revoked']
    for (const [index, { natsSubject, ...event }] of events.entries()) {
      const name = names[index] as LicenseEvent
      expect(natsSubject).toBe(`issuance.440300.business-license.${name}`)
      expect(Compile(issuanceEvents[name].message).Errors(event)).toEqual([])
      expect(Object.keys(event.data.claims).sort()).toEqual(Object.keys(CLAIMS).sort())
    }
    expect(events.at(-1)?.data).toMatchObject({ reason: 'Test: revoke', legalBasis: '§ 69' })
    const audit = await issuer.db
      .selectFrom('audit_entry')
      .select(['action', 'by_client', 'authority_id'])
      .where('subject', '=', id)
      .orderBy('id')
      .execute()
    expect(audit.map(({ action }) => action)).toEqual(names.map((name) => `license.${name}`))
    expect(audit[1]).toMatchObject({ by_client: 'shenzhen-authority', authority_id: 'shenzhen' })
  })

  it.each(Object.entries(STATUS_AFTER))('%s leaves it %s', async (verb, status) => {
    const { id } = await issued()
    if (verb === 'reinstate') await change(id, 'suspend')
    expect((await change(id, verb)).body.license.status).toBe(status)
  })

  it.each(['amend', 'renew', 'suspend', 'reinstate', 'revoke', 'cancel'])(
    'refuses %s of a revoked license with its status, and nothing changes',
    async (verb) => {
      const { id } = await issued()
      await change(id, 'revoke')
      const before = await issuer.countRows()
      const { body } = await change(id, verb, BODY[verb])
      expect(body).toMatchObject({
        status: 409,
        type: 'urn:lexchange:problem:status-conflict',
        currentStatus: 'revoked',
      })
      expect(await issuer.countRows()).toEqual(before)
    },
  )

  it('merges claims, removes what is null, and renames the holder', async () => {
    const { id } = await issued({ claims: { ...CLAIMS, ...SENSITIVE } })
    const { body } = await change(id, 'amend', {
      claims: { registeredCapital: { amount: '5.00' }, contactPhone: null },
      holder: { name: '新名称' },
    })
    const { contactPhone: _, ...kept } = SENSITIVE
    expect(body.license.holder.name).toBe('新名称')
    expect(body.license.claims).toEqual({
      ...CLAIMS,
      ...kept,
      registeredCapital: { amount: '5.00', currency: 'CNY' },
    })
  })

  it('keeps every version as it was', async () => {
    const { id } = await issued()
    await change(id, 'amend', BODY.amend)
    const versions = await issuer.db
      .selectFrom('license_version')
      .select(['version', 'event', 'claims'])
      .where('license_id', '=', id)
      .orderBy('version')
      .execute()
    expect(versions).toEqual([
      { version: 1, event: 'issued', claims: CLAIMS },
      { version: 2, event: 'amended', claims: { ...CLAIMS, domicile: '示例路 2 号' } },
    ])
  })

  it('takes a time of the change between the last change and now', async () => {
    const { id, issuedAt } = await issued()
    const { body } = await change(id, 'suspend', { effectiveAt: issuedAt })
    expect(body.license.status).toBe('suspended')
    const [, event] = await issuer.eventsOf(id)
    expect(event?.data.effectiveAt).toBe(issuedAt)
    const early = new Date(Date.parse(issuedAt) - 1).toISOString()
    expect((await change(id, 'reinstate', { effectiveAt: early })).body.type).toMatch(
      /before-last-change$/,
    )
    expect(
      (await change(id, 'reinstate', { effectiveAt: '2099-01-01T00:00:00Z' })).body.type,
    ).toMatch(/effective-at-in-future$/)
  })

  it.each([
    ['suspend', {}, 400],
    ['suspend', { reason: '' }, 400],
    ['suspend', { reason: 'a\u0007b' }, 400],
    ['suspend', { reason: 'x'.repeat(1001) }, 400],
    ['suspend', { reason: 'x', legalBasis: 'x'.repeat(501) }, 400],
    ['suspend', { reason: 'x', effectiveAt: 'yesterday' }, 400],
    ['suspend', { reason: 'x', by: 'me' }, 400],
    ['renew', { reason: 'x' }, 400],
    ['renew', { reason: 'x', validUntil: '2046-01-01T00:00:00Z' }, 422],
    ['amend', { reason: 'x' }, 422],
    ['amend', { reason: 'x', claims: { name: null } }, 422],
    ['amend', { reason: 'x', holder: { uscc: 'x', name: 'y' } }, 400],
  ])('refuses %s with %j', async (verb, body, status) => {
    const { id } = await issued()
    expect((await issuer.post(`/v1/licenses/${id}/${verb}`, body)).status).toBe(status)
    expect(await issuer.eventsOf(id)).toHaveLength(1)
  })

  it('answers 404 for a license of another authority, or of nobody', async () => {
    const { id } = await issued()
    for (const answer of [
      await issuer.get(`/v1/licenses/${id}`, { as: 'beijing' }),
      await change(id, 'suspend', {}, { as: 'beijing', headers: { 'if-match': '"7"' } }),
      await change(crypto.randomUUID(), 'suspend'),
      await issuer.get(`/v1/licenses/${crypto.randomUUID()}`),
    ])
      expect(answer.body).toMatchObject({
        status: 404,
        type: 'urn:lexchange:problem:license-not-found',
      })
    expect((await issuer.get('/v1/licenses/not-an-id')).status).toBe(400)
    expect((await issuer.get('/v1/licenses/not-an-id', { as: null })).status).toBe(401)
    expect((await change(id, 'suspend', {}, { as: 'reader' })).status).toBe(403)
  })
})

describe('If-Match', () => {
  const match = (tag: string) => ({ headers: { 'if-match': tag } })

  it('lets a change of the version pass that it names', async () => {
    const { id } = await issued()
    expect((await change(id, 'suspend', {}, match('"1"'))).status).toBe(200)
    expect((await change(id, 'reinstate', {}, match('"1", "2"'))).status).toBe(200)
    expect((await change(id, 'suspend', {}, match('*'))).status).toBe(200)
  })

  it('refuses another version before the status is looked at, and nothing changes', async () => {
    const { id } = await issued()
    await change(id, 'revoke')
    const before = await issuer.countRows()
    const { body } = await change(id, 'revoke', {}, match('"1"'))
    expect(body).toMatchObject({
      status: 412,
      type: 'urn:lexchange:problem:version-mismatch',
      currentVersion: 2,
    })
    expect(await issuer.countRows()).toEqual(before)
    expect((await change(id, 'revoke', {}, match('two'))).status).toBe(400)
  })

  it('lets one of many that saw the same version change it', async () => {
    const { id } = await issued()
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        change(id, 'amend', { claims: { domicile: `示例路 ${index + 2} 号` } }, match('"1"')),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(412)])
    expect(await issuer.eventsOf(id)).toHaveLength(2)
  })

  it('serves commands on one license one after the other', async () => {
    const { id } = await issued()
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        change(id, 'amend', { claims: { domicile: `示例路 ${index + 2} 号` } }),
      ),
    )
    expect(answers.map(({ body }) => body.license.version).sort()).toEqual([2, 3, 4, 5, 6, 7, 8, 9])
    const sequences = (await issuer.eventsOf(id)).map(({ sequence }) => Number(sequence))
    expect(sequences).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('repeats a command with its key whatever has changed since', async () => {
    const { id } = await issued()
    const options = { headers: { 'idempotency-key': 'k-1', 'if-match': '"1"' } }
    const first = await change(id, 'suspend', {}, options)
    await change(id, 'reinstate')
    const again = await change(id, 'suspend', {}, options)
    expect(again.body).toEqual(first.body)
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect((await issuer.get(`/v1/licenses/${id}`)).body.license.status).toBe('active')
  })
})
