import { waitFor } from '@lexchange/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { agreementOf } from '../../test/agreements.ts'
import { license, licenseEvent, numbered } from '../../test/license-events.ts'
import { startWithLicense } from '../../test/start-with-license.ts'

let served: Awaited<ReturnType<typeof startWithLicense>>
let now = Date.parse('2026-11-24T23:50:00.000Z')
let revision = 1

beforeAll(async () => {
  served = await startWithLicense({ now: () => now })
  const position = await served.streams.publish(licenseEvent('issued', numbered(1)))
  await served.getStatus('any', `?minPosition=${position}`)
})

afterAll(() => served.stop())

const request = (number = license.number) => ({
  license: { type: license.type, number },
  purpose: 'tendering',
  caseRef: 'SZ-2026-0117',
})

const verify = (number?: string) => served.post('/v1/verifications', request(number))

let granted = 'domicile'
let refused = 'businessScope'

/** Takes effect once it refuses what the one before has granted; what is refused counts under no quota. */
async function grant(quota: object): Promise<void> {
  ;[granted, refused] = [refused, granted]
  const agreement = { quota, revision: ++revision, disclose: [granted] }
  await served.streams.enter(agreementOf('tendering', agreement))
  const probe = { ...request(), disclose: [granted, refused] }
  await waitFor(async () => (await served.post('/v1/verifications', probe)).body.field === refused)
}

const codes = async (count: number, act: () => Promise<{ code: number }>) => {
  const found: number[] = []
  for (let asked = 0; asked < count; asked++) found.push((await act()).code)
  return found
}

describe('a quota', () => {
  it('per minute holds for any 60 seconds, and says when there is more', async () => {
    await grant({ perMinute: 3 })
    expect(await codes(4, verify)).toEqual([200, 200, 200, 429])
    const response = await served.verification.app.inject({
      ...{ method: 'POST', url: '/v1/verifications', headers: served.headers },
      payload: request(),
    })
    expect(response.json()).toMatchObject({
      type: 'urn:lexchange:problem:quota-exceeded',
      ...{ agreement: 'tendering', quota: 'perMinute' },
    })
    const wait = Number(response.headers['retry-after'])
    expect(wait).toBeGreaterThan(55)
    now += (wait - 1) * 1000 - 1
    expect((await verify()).code).toBe(429)
    now += 1001
    expect(await codes(4, verify)).toEqual([200, 200, 200, 429])
    now += 120_000
  })

  it('per holder and day is one for each holder, and begins anew at midnight UTC', async () => {
    await grant({ perHolderAndDay: 2 })
    expect(await codes(3, verify)).toEqual([200, 200, 429])
    // Both licenses are of one enterprise.
    expect((await verify(numbered(1).number)).code).toBe(429)
    expect((await verify('of nobody')).code).toBe(200)
    now = Date.parse('2026-11-25T00:00:00.000Z')
    expect((await verify()).code).toBe(200)
  })

  it('is taken by the items of a batch in their order', async () => {
    await grant({ perDay: 2 })
    const refused = { ...request(), disclose: ['contactPhone'] }
    const items = [request(), refused, request(), request()]
    const { body } = await served.post('/v1/verifications/batch', { items })
    const outcomes = body.items.map((item: { verdict?: string; problem?: { type: string } }) =>
      (item.verdict ?? item.problem?.type)?.replace('urn:lexchange:problem:', ''),
    )
    expect(outcomes).toEqual(['valid', 'field-not-granted', 'valid', 'quota-exceeded'])
    await grant({})
  })
})

describe('a throttle', () => {
  const enter = (perMinute?: number) =>
    served.streams.enter({
      kind: 'department',
      entry: {
        ...{ id: 'tendering', name: 'Tendering', kind: 'tendering', region: '100000' },
        ...(perMinute && { throttle: { perMinute } }),
        ...{ state: 'active', revision: ++revision },
      },
    })

  it('holds for status and verification together, within a second, and ends', async () => {
    const status = () => served.getStatus(license.number)
    await enter(2)
    await waitFor(async () => (await status()).code === 429, { timeout: 1_000 })
    const { body, headers } = await status()
    expect(body).toMatchObject({ type: 'urn:lexchange:problem:throttled', perMinute: 2 })
    expect(Number(headers['retry-after'])).toBeGreaterThan(50)
    expect((await verify()).code).toBe(429)
    now += 61_000
    expect([(await verify()).code, (await status()).code, (await verify()).code]).toEqual([
      200, 200, 429,
    ])
    await enter()
    await waitFor(async () => (await status()).code === 200, { timeout: 1_000 })
  })
})
