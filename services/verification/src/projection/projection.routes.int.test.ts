import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { license, licenseEvent, numbered } from '../../test/license-events.ts'
import { startWithLicense } from '../../test/start-with-license.ts'

type Served = Awaited<ReturnType<typeof startWithLicense>>

let served: Served

beforeAll(async () => {
  served = await startWithLicense()
})

afterAll(() => served.stop())

describe('listSnapshot', () => {
  it('gives every license with all versions in the order of the keys', async () => {
    for (const index of [9, 7, 8])
      await served.streams.publish(licenseEvent('issued', numbered(index)))
    const last = await served.streams.publish(
      licenseEvent('issued', { ...numbered(6), number: '一号' }),
    )
    await served.getStatus('一号', `?minPosition=${last}`)
    const response = await served.verification.app.inject({
      url: '/v1/snapshots/licenses',
      headers: served.administrator,
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
      await served.streams.publish({ subject, text: 'no JSON' }),
      await served.streams.publish({ subject, text: '{"type":"lexchange.license.issued.v7"}' }),
    ]
    await served.getStatus('x', `?minPosition=${sequences[1]}`)
    const list = async (query: string) =>
      (
        await served.verification.app.inject({
          url: `/v1/parked-events${query}`,
          headers: served.administrator,
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
