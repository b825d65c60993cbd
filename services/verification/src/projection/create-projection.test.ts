import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LicenseData, LicenseEvent } from '@lexchange/contracts'
import { statusAt, statusOf } from '@lexchange/license'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { license, licenseEvent, received } from '../../test/license-events.ts'
import { applyLicenses } from './apply-licenses.ts'
import { decodeRecord, toSnapshot } from './license-record.ts'
import { openProjection, type ProjectionStore, readState, statusKey } from './projection-store.ts'
import { readLicense, readStatus } from './read-license.ts'
import { decodeStatus, encodeStatus } from './status-record.ts'

const DAY = 86_400_000
const START = Date.parse('2026-01-01T00:00:00.000Z')
const at = (day: number) => new Date(START + day * DAY).toISOString()

let folder: string
let store: ProjectionStore

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lexchange-projection-'))
  store = openProjection(folder, { maxGiB: 1 })
})

afterAll(async () => {
  await store.root.close()
  await rm(folder, { recursive: true })
})

const EVENT: Record<LicenseData['status'], LicenseEvent> = {
  active: 'amended',
  suspended: 'suspended',
  revoked: 'revoked',
  cancelled: 'cancelled',
}

/** The life of a license: versions whose times do not go back. */
const life = fc
  .array(
    fc.record({
      status: fc.constantFrom<LicenseData['status']>('active', 'suspended', 'revoked', 'cancelled'),
      after: fc.nat(3),
      from: fc.nat(10),
      lasts: fc.option(fc.integer({ min: 1, max: 20 })),
      name: fc.constantFrom('one', 'two'),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((steps) => {
    let day = 0
    return steps.map(({ status, after, from, lasts, name }, index): Partial<LicenseData> => {
      day += after
      return {
        version: index + 1,
        status: index === 0 ? 'active' : status,
        effectiveAt: at(day),
        validFrom: at(from),
        validUntil: lasts === null ? null : at(from + lasts),
        identifier: `identifier-${index + 1}`,
        claims: { name },
      }
    })
  })

let serial = 0

/** Numbers of their own, so that every run has an empty place in one store. */
function ownLicense(): { licenseId: string; number: string } {
  serial++
  return {
    licenseId: `01900000-0000-7000-8000-${String(serial).padStart(12, '0')}`,
    number: `N${serial}`,
  }
}

async function apply(messages: readonly { subject: string; text: string }[]) {
  const { position } = readState(store)
  return applyLicenses(
    store,
    messages.map((message, index) => received(message, position + index + 1)),
  )
}

function lineOf(number: string) {
  const found = readLicense(store, license.type, number, Number.MAX_SAFE_INTEGER)
  return found && toSnapshot(found.license)
}

describe('projection', () => {
  it('is the same for any order of the events, with any repetitions', async () => {
    await fc.assert(
      fc.asyncProperty(
        life.chain((versions) => {
          const indices = versions.map((_, index) => index)
          return fc.tuple(
            fc.constant(versions),
            fc.array(fc.constantFrom(...indices), { maxLength: 5 }).chain((again) =>
              fc.shuffledSubarray([...indices, ...again], {
                minLength: indices.length + again.length,
              }),
            ),
          )
        }),
        async ([versions, order]) => {
          const [straight, shuffled] = [ownLicense(), ownLicense()]
          const messagesOf = (own: object, which: readonly number[]) =>
            which.map((index) => {
              const version = { ...versions[index], ...own }
              return licenseEvent(EVENT[version.status ?? 'active'], version)
            })
          await apply(messagesOf(straight, [...versions.keys()]))
          await apply(messagesOf(shuffled, order))
          expect({ ...lineOf(shuffled.number), ...straight }).toEqual(lineOf(straight.number))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('answers for any time as the pure model does', async () => {
    await fc.assert(
      fc.asyncProperty(life, fc.integer({ min: -2, max: 40 }), async (versions, day) => {
        const own = ownLicense()
        await apply(versions.map((version) => licenseEvent('amended', { ...version, ...own })))
        const moment = START + day * DAY
        const model = versions.map((version) => ({
          version: version.version ?? 0,
          status: version.status ?? 'active',
          effectiveAt: Date.parse(version.effectiveAt ?? ''),
          validFrom: Date.parse(version.validFrom ?? ''),
          validUntil: version.validUntil == null ? null : Date.parse(version.validUntil),
        }))
        const found = readStatus(store, license.type, own.number, moment)
        expect(found ? statusOf(found, moment) : 'unknown').toBe(statusAt(model, moment))
        expect(readLicense(store, license.type, own.number, moment)?.version.version).toBe(
          found?.version,
        )
      }),
      { numRuns: 60 },
    )
  })

  it('lets the license that was issued last at T answer for a number', async () => {
    const number = 'two-licenses'
    const older = {
      number,
      licenseId: ownLicense().licenseId,
      effectiveAt: at(0),
      validFrom: at(0),
    }
    const newer = {
      number,
      licenseId: ownLicense().licenseId,
      effectiveAt: at(5),
      validFrom: at(5),
    }
    await apply([
      licenseEvent('issued', newer),
      licenseEvent('issued', older),
      licenseEvent('revoked', { ...older, version: 2, status: 'revoked', effectiveAt: at(8) }),
    ])
    const answering = (day: number) =>
      readLicense(store, license.type, number, START + day * DAY)?.license.licenseId
    expect(answering(-1)).toBeUndefined()
    expect(answering(1)).toBe(older.licenseId)
    expect(answering(9)).toBe(newer.licenseId)
    expect(readStatus(store, license.type, number, START + 9 * DAY)?.status).toBe('active')
  })

  it('parks what breaks the contract, and goes on', async () => {
    const own = ownLicense()
    const { position } = readState(store)
    const count = await apply([
      { subject: 'license.x', text: 'no JSON' },
      { subject: 'license.x', text: '{"type":"lexchange.license.issued.v9"}' },
      { subject: 'license.x', text: licenseEvent('issued', { version: 0 }).text },
      licenseEvent('issued', own),
    ])
    expect(count).toEqual({ applied: 1, repeated: 0, parked: 3 })
    expect(readState(store).position).toBe(position + 4)
    const reasons = [...store.parked.getRange({ start: [position, 0] })].map(
      ({ value }) => value.reason,
    )
    expect(reasons).toEqual(['event-malformed', 'event-unknown', 'event-malformed'])
    expect(lineOf(own.number)?.licenseId).toBe(own.licenseId)
  })

  it('leaves a message alone whose position it has passed', async () => {
    const own = ownLicense()
    const { position } = readState(store)
    const old = received(licenseEvent('issued', own), position)
    expect(await applyLicenses(store, [old])).toEqual({ applied: 0, repeated: 1, parked: 0 })
    expect(lineOf(own.number)).toBeUndefined()
  })

  it('counts expiry as an event that makes no version', async () => {
    const own = ownLicense()
    await apply([
      licenseEvent('issued', { ...own, validUntil: at(3) }),
      licenseEvent('expired', { ...own, validUntil: at(3), effectiveAt: at(3) }),
    ])
    expect(lineOf(own.number)?.versions).toHaveLength(1)
  })

  it('notices a byte that changed on the disk', () => {
    const interval = {
      version: 1,
      status: 'active' as const,
      effectiveAt: 0,
      validFrom: 0,
      validUntil: null,
    }
    const { licenseId } = ownLicense()
    const bytes = encodeStatus([{ licenseId, intervals: [interval] }])
    expect(decodeStatus(bytes)).toEqual([{ licenseId, intervals: [interval] }])
    for (const place of bytes.keys()) {
      const broken = Buffer.from(bytes)
      broken.writeUInt8(broken.readUInt8(place) ^ 4, place)
      expect(() => decodeStatus(broken)).toThrow()
    }
    const key = statusKey('business-license', 'N1')
    expect(store.statuses.get(key)).toBeDefined()
    expect(() => decodeRecord(Buffer.from('broken'))).toThrow()
  })
})
