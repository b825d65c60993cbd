import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { license } from '../../test/license-events.ts'
import { type Answer, type Served, startWithIssuer } from '../../test/start-with-issuer.ts'

let served: Served

beforeAll(async () => {
  served = await startWithIssuer()
})
afterAll(() => served.stop())

const item = (asked: object, more: object = {}) => ({
  license: asked,
  ...{ purpose: 'tendering', caseRef: 'SZ-2026-0117' },
  ...more,
})

describe('verifyBatch', () => {
  it('answers credentials, numbers and what is malformed, each by itself and in order', async () => {
    const one = await served.issueLicense()
    const two = await served.issueLicense()
    const end = { version: 2, effectiveAt: '2026-05-01T00:00:00.000Z' }
    await served.publish('revoked', { ...two.license, ...end, status: 'revoked' })
    const items = [
      item({ credential: one.credential }, { disclose: ['contactPhone'] }),
      item({ type: license.type, number: license.number }),
      item({ credential: two.credential }),
      item({ credential: 'nonsense' }),
      item({ credential: one.credential.slice(0, -3) }),
      item({ credential: 'x'.repeat(65_537) }),
      item({ credential: 7 }),
      'nonsense',
      item({ id: '01900000-0000-7000-8000-00000000ffff' }),
      item({ credential: one.credential }, { disclose: ['constructor'] }),
      item({ credential: one.credential }, { match: { name: '\ud800' }, receipt: true }),
      item({ credential: two.credential }, { at: '2026-04-01T00:00:00.000Z' }),
      item({ credential: one.credential }, { holderBinding: { audience: 'a', nonce: 'n' } }),
      item({ credential: one.credential }),
    ]
    const { code, body } = await served.post('/v1/verifications/batch', { items })
    expect(code).toBe(200)
    type Item = Answer & { problem?: { status: number } }
    expect(body.items.map(({ verdict, problem }: Item) => verdict ?? problem?.status)).toEqual([
      ...['valid', 'valid', 'invalid', 'invalid', 'invalid', 400, 400, 400, 'unknown'],
      ...[422, 400, 'valid', 'invalid', 'valid'],
    ])
    const statuses = body.items.map(({ status }: Item) => status)
    expect(statuses.slice(0, 5)).toEqual(['active', 'active', 'revoked', null, null])
    expect(body.items[0].disclosed).toEqual({ contactPhone: '+8613800000000' })
    const single = await served.verify(one.credential)
    expect(body.items.at(-1).checks).toEqual(single.checks)
  })
})
