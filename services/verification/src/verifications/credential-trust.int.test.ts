import type { AuthorityEntry } from '@lexchange/contracts'
import { waitFor } from '@lexchange/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { license, numbered } from '../../test/license-events.ts'
import {
  type Answer,
  codeOf,
  resultsOf,
  type Served,
  startWithIssuer,
} from '../../test/start-with-issuer.ts'
import { createIssuerKey, createTestIssuer, type TestIssuer } from '../../test/test-issuer.ts'

let served: Served

beforeAll(async () => {
  served = await startWithIssuer()
})
afterAll(() => served.stop())

const seconds = (time: string) => Date.parse(time) / 1000
const issuedOn = (time: string) => ({ license: { issuedAt: time } })

/** Enters what changed of an authority, and gives the answer once it is as expected, within a second. */
async function within(credential: string, holds: (answer: Answer) => boolean): Promise<Answer> {
  let answer = await served.verify(credential)
  await waitFor(
    async () => {
      answer = await served.verify(credential)
      return holds(answer)
    },
    { timeout: 1_000 },
  )
  return answer
}

describe('the issuer of a credential', () => {
  let counter = 0
  /** An authority of its own for each test, so that none disturbs another. */
  async function newIssuer(changes?: Partial<AuthorityEntry>): Promise<TestIssuer> {
    counter += 1
    const id = `authority-${counter}`
    const own = { ...numbered(500 + counter), authority: { id, name: id } }
    await served.publish('issued', own)
    const issuer = await createTestIssuer(id, undefined, own)
    await served.enter(issuer)
    if (changes) await served.streams.enter(issuer.authority(changes))
    return issuer
  }
  const span = (from: string, to: string | null, more: object = {}) => ({
    ...{ from, to, licenseTypes: ['business-license'], region: '440300' },
    ...more,
  })

  it('cannot speak for a license that another authority has issued', async () => {
    const issuer = await newIssuer()
    const { licenseId, number } = license
    const answer = await served.verify(issuer.issue({ license: { licenseId, number } }))
    expect(answer).toMatchObject({ verdict: 'invalid', status: null, version: null })
    expect(codeOf(answer, 'status')).toBe('license-mismatch')
    const renumbered = await served.verify(issuer.issue({ license: { number: 'another' } }))
    expect(codeOf(renumbered, 'status')).toBe('license-mismatch')
  })

  it('fails where the directory does not have it, whatever its signature', async () => {
    const stranger = await createTestIssuer('stranger')
    const answer = await served.verify(stranger.issue(), { disclose: ['contactPhone'] })
    expect(answer).toMatchObject({ verdict: 'invalid', status: null, version: null })
    expect(answer.disclosed).toEqual({ contactPhone: null })
    expect(resultsOf(answer)).toEqual([
      'signature: not-checkable, key-unknown',
      'issuer: fail, issuer-unknown',
      'validity: skipped, signature-not-verified',
      'status: skipped, signature-not-verified',
      'disclosures: skipped, signature-not-verified',
      'holder-binding: skipped, signature-not-verified',
    ])
  })

  it('is not checkable while its key is not known, and is once it is', async () => {
    const issuer = await newIssuer()
    const next = await createIssuerKey('next')
    const credential = issuer.issue({}, next)
    const unknown = await served.verify(credential)
    expect(unknown).toMatchObject({ verdict: 'indeterminate', status: null })
    expect(resultsOf(unknown).slice(0, 2)).toEqual([
      'signature: not-checkable, key-unknown',
      'issuer: skipped, signature-not-verified',
    ])
    const old = issuer.issue()
    await served.streams.enter(issuer.keys(next.jwk, issuer.key.jwk))
    await within(credential, ({ verdict }) => verdict === 'valid')
    // The key before it is retired, and what it signed still verifies.
    expect((await served.verify(old)).verdict).toBe('valid')
  })

  it('must have been entitled to the type, in the region, at that time', async () => {
    const issuer = await newIssuer({
      entitlements: [
        span('2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'),
        span('2026-03-01T00:00:00.000Z', '2026-04-01T00:00:00.000Z', {
          licenseTypes: ['food-operation-permit'],
        }),
        span('2026-05-01T00:00:00.000Z', null, { region: '440000' }),
      ],
    })
    const of = (time: string, plain: object = {}) =>
      issuer.issue({ ...issuedOn(time), plain: { ...plain } })
    await within(of('2026-02-15T00:00:00.000Z'), ({ verdict }) => verdict === 'invalid')
    const cases: [string, object, string][] = [
      ['2025-12-31T23:59:59.000Z', {}, 'issuer-not-entitled'],
      ['2026-01-01T00:00:00.000Z', {}, 'issuer-entitled'],
      ['2026-01-31T23:59:59.000Z', {}, 'issuer-entitled'],
      ['2026-02-01T00:00:00.000Z', {}, 'issuer-not-entitled'],
      ['2026-03-15T00:00:00.000Z', {}, 'issuer-not-entitled'],
      ['2026-03-15T00:00:00.000Z', { type: 'food-operation-permit' }, 'issuer-entitled'],
      ['2026-01-15T00:00:00.000Z', { region: '110000' }, 'issuer-not-entitled'],
      ['2026-01-15T00:00:00.000Z', { region: '440000' }, 'issuer-not-entitled'],
      ['2026-05-15T00:00:00.000Z', { region: '440100' }, 'issuer-entitled'],
    ]
    for (const [time, plain, code] of cases) {
      const answer = await served.verify(of(time, plain))
      expect([time, plain, codeOf(answer, 'issuer')]).toEqual([time, plain, code])
      expect(codeOf(answer, 'signature')).toBe('signature-valid')
      // One of another type than its license has is refused all the same.
      const holds = code === 'issuer-entitled' && !('type' in plain)
      expect(answer.verdict).toBe(holds ? 'valid' : 'invalid')
    }
    const silent = await served.verify(of('2026-05-15T00:00:00.000Z', { region: null }))
    expect(resultsOf(silent)[1]).toBe('issuer: not-checkable, issuer-scope-unknown')
    expect(silent.verdict).toBe('indeterminate')
  })

  it('may be suspended afterwards: what it issued before stays good', async () => {
    const issuer = await newIssuer()
    const [before, after] = ['2026-05-01T00:00:00.000Z', '2026-07-01T00:00:00.000Z'].map((time) =>
      issuer.issue(issuedOn(time)),
    ) as [string, string]
    expect((await served.verify(after)).verdict).toBe('valid')
    const ended = span('2026-01-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z')
    await served.streams.enter(issuer.authority({ state: 'suspended', entitlements: [ended] }))
    const answer = await within(after, ({ verdict }) => verdict === 'invalid')
    expect(codeOf(answer, 'issuer')).toBe('issuer-not-entitled')
    expect((await served.verify(before)).verdict).toBe('valid')
  })

  it('is taken to have been always what it is, where the directory keeps no spans', async () => {
    const issuer = await newIssuer()
    const credential = issuer.issue(issuedOn('2020-01-01T00:00:00.000Z'))
    expect(codeOf(await served.verify(credential), 'issuer')).toBe('issuer-not-entitled')
    const noSpans = { entitlements: undefined } as never
    await served.streams.enter(issuer.authority(noSpans))
    await within(credential, ({ verdict }) => verdict === 'valid')
    await served.streams.enter(issuer.authority({ ...(noSpans as object), state: 'suspended' }))
    await within(credential, (answer) => codeOf(answer, 'issuer') === 'issuer-not-entitled')
  })

  it('is forgotten by the cache when its key is revoked: within a second, from that time on', async () => {
    const issuer = await newIssuer()
    const times = ['2026-05-31T23:59:59.000Z', '2026-06-01T00:00:00.000Z']
    const [before, after] = times.map((time) => issuer.issue(issuedOn(time))) as [string, string]
    for (const credential of [before, after, before, after])
      expect((await served.verify(credential)).verdict).toBe('valid')
    const revoked = { revoked_at: seconds('2026-06-01T00:00:00.000Z') }
    await served.streams.enter(issuer.keys({ ...issuer.key.jwk, revoked }))
    const answer = await within(after, ({ verdict }) => verdict === 'invalid')
    expect(answer.status).toBeNull()
    expect(resultsOf(answer)[0]).toBe('signature: fail, key-compromised')
    expect((await served.verify(before)).verdict).toBe('valid')
  })

  it('must not have signed before its key was in use', async () => {
    const issuer = await newIssuer()
    const credential = issuer.issue(issuedOn('2026-05-01T00:00:00.000Z'))
    const nbf = seconds('2026-05-01T00:00:00.000Z')
    await served.streams.enter(issuer.keys({ ...issuer.key.jwk, nbf: nbf + 1 }))
    const answer = await within(credential, ({ verdict }) => verdict === 'invalid')
    expect(codeOf(answer, 'signature')).toBe('key-not-yet-valid')
    await served.streams.enter(issuer.keys({ ...issuer.key.jwk, nbf }))
    await within(credential, ({ verdict }) => verdict === 'valid')
  })

  it('is not another authority that signs in its name', async () => {
    const [one, two] = [await newIssuer(), await newIssuer()]
    const forged = await served.verify(one.issue({ kid: one.key.kid }, two.key))
    expect(resultsOf(forged)[0]).toBe('signature: fail, signature-invalid')
    const borrowed = await served.verify(one.issue({}, two.key))
    expect(resultsOf(borrowed)[0]).toBe('signature: not-checkable, key-unknown')
    expect([forged.verdict, borrowed.verdict]).toEqual(['invalid', 'indeterminate'])
  })
})
