import { readdirSync } from 'node:fs'

import { checkUscc, licenseTypes } from '@lexchange/license'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { application } from '../../test/applications.ts'
import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'
import { expireLicenses } from '../expiry/index.ts'

const PAGES = new URL('../../../../docs/problems', import.meta.url)
/** A department, who may not issue anything real. */
const as = 'bank'

let issuer: TestIssuer

beforeAll(async () => {
  issuer = await startIssuer({ sandbox: true })
})
afterAll(() => issuer.stop())

const make = (body: object) => issuer.post('/v1/sandbox/licenses', body, { as })
const act = (id: string, action: string, headers = {}) =>
  issuer.post(`/v1/sandbox/licenses/${id}/actions`, { action }, { as, headers })

async function made(body: object = { type: 'business-license', region: '440300' }) {
  const answer = await make(body)
  expect(answer.status, answer.text).toBe(201)
  return answer.body.license
}

const eventsOf = async (id: string) =>
  (await issuer.eventsOf(id)).map(({ type }) => type.split('.')[2])

describe('makeSandboxLicense', () => {
  it.each(licenseTypes.map(({ code }) => code))(
    'issues a %s to a made-up company, by an authority that may',
    async (type) => {
      const license = await made({ type, region: '440305' })
      expect(license).toMatchObject({ type, region: '440305', status: 'active', version: 1 })
      expect(license.authority.id).toBe('shenzhen')
      expect(license.holder.uscc).toMatch(/^Y9440305/)
      expect(checkUscc(license.holder.uscc)).toEqual({ ok: true })
      expect(await eventsOf(license.id)).toEqual(['issued'])
    },
  )

  it('makes another company each time', async () => {
    const [first, second] = [await made(), await made()]
    expect(first.holder.uscc).not.toBe(second.holder.uscc)
  })

  it('repeats its answer for the same Idempotency-Key', async () => {
    const options = { as, headers: { 'idempotency-key': 'sandbox-1' } } as const
    const body = { type: 'business-license' }
    const first = await issuer.post('/v1/sandbox/licenses', body, options)
    const again = await issuer.post('/v1/sandbox/licenses', body, options)
    expect(again.body.license.id).toBe(first.body.license.id)
  })

  it('makes licenses that are not valid yet, and such that end soon', async () => {
    const later = await made({ type: 'business-license', startsInSeconds: 3_600 })
    expect(later.status).toBe('not-yet-valid')
    const { id } = await made({ type: 'business-license', validForSeconds: 60 })
    issuer.clock.offset = 61_000
    await expireLicenses(issuer.deps)
    issuer.clock.offset = 0
    expect(await eventsOf(id)).toEqual(['issued', 'expired'])
  })

  it('answers 422 for what nobody may issue, and 400 for what is no request', async () => {
    expect((await make({ type: 'no-such-type' })).body.type).toBe(
      'urn:lexchange:problem:license-type-unknown',
    )
    for (const body of [
      {},
      { type: 'business-license', region: '44' },
      { type: 'business-license', validForSeconds: 0 },
      { type: 'business-license', holder: { kind: 'person' } },
    ])
      expect((await make(body)).status).toBe(400)
  })
})

describe('changeSandboxLicense', () => {
  it('drives a license through every state, with the event of each', async () => {
    const { id } = await made()
    const states = []
    for (const action of ['amend', 'renew', 'suspend', 'reinstate', 'suspend', 'revoke'])
      states.push((await act(id, action)).body.license.status)
    expect(states).toEqual(['active', 'active', 'suspended', 'active', 'suspended', 'revoked'])
    expect(await eventsOf(id)).toEqual([
      'issued',
      'amended',
      'renewed',
      'suspended',
      'reinstated',
      'suspended',
      'revoked',
    ])
    const other = await made()
    expect((await act(other.id, 'cancel')).body.license.status).toBe('cancelled')
  })

  it('answers the problems of the real commands', async () => {
    const { id } = await made()
    expect((await act(id, 'reinstate')).body).toMatchObject({
      type: 'urn:lexchange:problem:status-conflict',
      currentStatus: 'active',
    })
    expect((await act(id, 'suspend', { 'if-match': '"7"' })).status).toBe(412)
    expect((await act(id, 'expire')).status).toBe(400)
  })

  it('touches no license of a real company', async () => {
    const { body } = await issuer.post('/v1/licenses', application())
    const { id } = body.license
    expect((await act(id, 'revoke')).status).toBe(404)
    expect((await issuer.get(`/v1/licenses/${id}`)).body.license.status).toBe('active')
  })
})

describe('showProblem', () => {
  const show = (code: string) => issuer.post(`/v1/sandbox/problems/${code}`, undefined, { as })

  it('answers with every problem that a request can meet', async () => {
    const codes = readdirSync(PAGES).map((page) => page.replace(/\.md$/, ''))
    const shown = await Promise.all(codes.filter((code) => code !== 'README').map(show))
    const real = shown.filter(({ body }) => body.type !== 'urn:lexchange:problem:problem-unknown')
    // The others are reasons of parked events.
    expect(real.length).toBeGreaterThan(80)
    for (const { status, headers, body } of real) {
      expect(status).toBe(body.status)
      expect(headers['content-type']).toContain('application/problem+json')
      expect(headers['retry-after'] !== undefined, body.type).toBe([429, 503].includes(status))
    }
    const conflict = await show('status-conflict')
    expect(conflict.body).toMatchObject({ status: 409, currentStatus: 'revoked' })
  })

  it('answers 404 for a problem that nobody has', async () => {
    expect((await show('no-such-problem')).body.type).toBe('urn:lexchange:problem:problem-unknown')
    expect((await show('..%2Fadr')).status).toBe(400)
  })
})

describe('the sandbox', () => {
  it('is for who issues or checks licenses', async () => {
    const body = { type: 'business-license' }
    const asTax = await issuer.post('/v1/sandbox/licenses', body, { as: 'tax' })
    expect(asTax.status).toBe(403)
    expect((await issuer.post('/v1/sandbox/licenses', body, { as: null })).status).toBe(401)
    expect((await issuer.post('/v1/sandbox/licenses', body)).status).toBe(201)
  })

  it('does not exist unless it was asked for', async () => {
    const plain = await startIssuer()
    const before = await plain.countRows()
    for (const path of [
      'licenses',
      `licenses/${crypto.randomUUID()}/actions`,
      'problems/throttled',
    ])
      expect((await plain.post(`/v1/sandbox/${path}`, {}, { as })).body.type).toBe(
        'urn:lexchange:problem:route-not-found',
      )
    expect(await plain.countRows()).toEqual(before)
    await plain.stop()
  })
})
