import { findChainFault } from '@lexchange/access-records'
import type { AccessRecord } from '@lexchange/contracts'
import { waitFor } from '@lexchange/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { license } from '../../test/license-events.ts'
import { chainsOf, headsIn, recordsIn } from '../../test/recorded.ts'
import { startWithLicense } from '../../test/start-with-license.ts'
import { writeWhole } from './segment-files.ts'

let served: Awaited<ReturnType<typeof startWithLicense>>
let full = false

beforeAll(async () => {
  served = await startWithLicense({
    append: (handle, bytes, position) =>
      full
        ? Promise.reject(Object.assign(new Error('disk full'), { code: 'ENOSPC' }))
        : writeWhole(handle, bytes, position),
  })
})

afterAll(() => served.stop())

const request = (changes: object = {}) => ({
  license: { type: license.type, number: license.number },
  purpose: 'tendering',
  caseRef: 'SZ-2026-0117',
  ...changes,
})

const waiting = () => served.verification.metrics.getSingleMetricAsString('access_records_waiting')

/** The records of what is done meanwhile, once so many have got to ACCESS. */
async function recordsOf(count: number, act: () => Promise<unknown>): Promise<AccessRecord[]> {
  await waitFor(async () => (await waiting()).includes('access_records_waiting 0'))
  const before = (await recordsIn(served.nats.servers)).length
  await act()
  let records: AccessRecord[] = []
  await waitFor(async () => {
    records = (await recordsIn(served.nats.servers)).slice(before)
    return records.length >= count
  })
  expect(records).toHaveLength(count)
  // Each department has messages of its own.
  return records.sort((a, b) => a.sequence - b.sequence)
}

const subject = {
  license: { type: license.type, number: license.number, id: license.licenseId },
  region: license.region,
  holder: license.holder.kind === 'enterprise' ? license.holder.uscc : null,
}

describe('an access record', () => {
  it('says of a status check who asked about which license, and what was answered', async () => {
    const [known, unknown] = await recordsOf(2, async () => {
      await served.getStatus(license.number)
      await served.getStatus('号 1')
    })
    expect(known).toMatchObject({
      ...subject,
      ...{ action: 'status', department: 'tendering', client: 'tendering-department' },
      ...{ outcome: 'valid', refused: false, agreement: null, purpose: null },
    })
    expect(unknown).toMatchObject({
      license: { type: license.type, number: '号 1', id: null },
      ...{ region: null, holder: null, outcome: 'unknown' },
    })
  })

  it('names no field as disclosed where there was nothing to disclose', async () => {
    const [record] = await recordsOf(1, async () => {
      const nobody = { type: license.type, number: 'nobody' }
      await served.post('/v1/verifications', request({ license: nobody, disclose: ['domicile'] }))
    })
    expect(record).toMatchObject({ outcome: 'unknown', disclosed: [], refused: false })
  })

  it('says of a verification for which purpose and case, and which fields, and no value', async () => {
    let id = ''
    const [record] = await recordsOf(1, async () => {
      const asked = { match: { name: 'a guess' }, disclose: ['domicile'], receipt: true }
      id = (await served.post('/v1/verifications', request(asked))).body.verificationId
    })
    expect(record).toMatchObject({
      ...subject,
      ...{ action: 'verification', purpose: 'tendering', caseRef: 'SZ-2026-0117' },
      ...{ matched: ['name'], disclosed: ['domicile'], agreement: 'tendering', receipt: true },
      verificationId: id,
      id,
    })
    expect(JSON.stringify(record)).not.toContain('a guess')
  })

  it('is made for each item of a batch, answered or refused', async () => {
    const items = [
      request(),
      request({ disclose: ['contactPhone'] }),
      { nonsense: 'x\0' },
      request({ purpose: 'tax' }),
    ]
    const records = await recordsOf(4, () => served.post('/v1/verifications/batch', { items }))
    expect(records.map(({ action, outcome, refused }) => [action, outcome, refused])).toEqual([
      ['batch-item', 'valid', false],
      ['batch-item', 'field-not-granted', true],
      ['batch-item', 'request-invalid', true],
      ['batch-item', 'no-agreement', true],
    ])
    expect(records[1]).toMatchObject({ ...subject, disclosed: ['contactPhone'] })
  })

  it('is made of every refused attempt of a client that is known', async () => {
    const other = { authorization: served.administrator.authorization }
    const records = await recordsOf(7, async () => {
      await served.getStatus('x'.repeat(65))
      await served.getStatus(license.number, '?at=2999-01-01T00:00:00.000Z')
      await served.post('/v1/verifications', request({ purpose: 'No Slug' }))
      await served.post('/v1/verifications', request({ disclose: ['settlementAccount'] }))
      await served.post('/v1/verifications', request({ disclose: ['constructor'] }))
      await served.post('/v1/verifications', request(), other)
      await served.post('/v1/verifications/batch', { items: [] })
      // Of nobody there is nothing to say.
      await served.post('/v1/verifications', request(), { authorization: 'Bearer none' })
    })
    expect(records.map(({ outcome }) => outcome)).toEqual([
      'request-invalid',
      'at-in-future',
      'request-invalid',
      'field-not-granted',
      'field-unknown',
      'insufficient-scope',
      'request-invalid',
    ])
    expect(records.every(({ refused }) => refused)).toBe(true)
    expect(records.map(({ client }) => client)).toContain('administrator-1')
    expect(records[3]).toMatchObject({ ...subject, agreement: 'tendering' })
    expect(records[0]?.license.number).toHaveLength(64)
  })

  it('is there before the answer: without a disk nobody is answered, and then all are again', async () => {
    full = true
    const status = await served.getStatus(license.number)
    expect(status.code).toBe(503)
    expect(status.body.type).toBe('urn:lexchange:problem:access-record-not-durable')
    expect(status.headers['retry-after']).toBe('2')
    const check = await served.post('/v1/verifications', request())
    expect(check.body.type).toBe('urn:lexchange:problem:access-record-not-durable')
    const batch = await served.post('/v1/verifications/batch', { items: [request()] })
    expect(batch.code).toBe(503)
    // A refusal is not told either.
    const refused = await served.post('/v1/verifications', request({ purpose: 'tax' }))
    expect(refused.code).toBe(503)
    full = false
    await waitFor(async () => (await served.getStatus(license.number)).code === 200)
  })

  it('waits on disk while NATS is away, and is carried on in order and once', async () => {
    await served.nats.kill()
    for (let asked = 0; asked < 5; asked++)
      expect((await served.getStatus(`away-${asked}`)).code).toBe(200)
    expect(await waiting()).toMatch(/^access_records_waiting [5-9]/m)
    await served.nats.start()
    const away = async () =>
      (await recordsIn(served.nats.servers)).filter(({ license: { number } }) =>
        number?.startsWith('away-'),
      )
    await waitFor(async () => (await away()).length >= 5, { timeout: 20_000 })
    expect((await away()).map(({ license: { number } }) => number)).toEqual(
      [0, 1, 2, 3, 4].map((asked) => `away-${asked}`),
    )
    const records = await recordsIn(served.nats.servers)
    for (const [source, chain] of chainsOf(records)) {
      expect(source).toMatch(/^verification-[0-9a-f-]{36}-0$/)
      expect(findChainFault(chain)).toBeUndefined()
      expect(chain).toHaveLength(records.length)
      await waitFor(async () => {
        const head = (await headsIn(served.nats.servers)).at(-1)
        return head?.sequence === chain.at(-1)?.sequence && head?.hash === chain.at(-1)?.hash
      })
    }
  })
})
