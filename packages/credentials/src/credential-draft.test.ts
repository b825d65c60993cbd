import { describe, expect, it } from 'vitest'

import {
  EXPIRES,
  findKey,
  ISSUED_AT,
  ISSUER,
  KID,
  NOW,
  sampleInput,
  signInput,
} from '../test/sample.ts'
import {
  CredentialError,
  checkCredential,
  completeCredential,
  draftCredential,
  readCredential,
} from './index.ts'

const code = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    if (error instanceof CredentialError) return error.code
    throw error
  }
  return undefined
}

describe('draftCredential', () => {
  it('is plain JSON that can be stored, and completed later', () => {
    const draft = draftCredential(sampleInput)
    expect(JSON.parse(JSON.stringify(draft))).toEqual(draft)
    const stored = JSON.parse(JSON.stringify(draft)) as typeof draft
    const reading = readCredential(completeCredential(stored, signInput(stored)))
    const { checks } = checkCredential(reading, { findKey, at: NOW })
    expect(checks.map(({ result }) => result)).toEqual(['pass', 'pass', 'pass', 'skipped'])
    expect(draft.header).toEqual({ alg: 'ES256', typ: 'dc+sd-jwt', kid: KID })
    expect(draft.payload).toMatchObject({
      iss: ISSUER,
      iat: ISSUED_AT,
      nbf: ISSUED_AT,
      exp: EXPIRES,
      status: { status_list: { idx: 5, uri: sampleInput.status.uri } },
      _sd_alg: 'sha-256',
    })
  })

  it('hides each sensitive claim, and which digest is which', () => {
    const { payload, signingInput, disclosures } = draftCredential(sampleInput)
    const { _sd: digests } = payload.claims as { _sd: string[] }
    expect(digests).toHaveLength(4 + 2)
    expect(digests).toEqual([...digests].sort())
    expect(disclosures).toHaveLength(6)
    const open = Buffer.from(signingInput.split('.')[1] as string, 'base64url').toString()
    for (const secret of ['440300199001011234', '+8613800000000', '李四', 'settlementAccount']) {
      expect(open).not.toContain(secret)
    }
  })

  it('takes 128 fresh bits for each salt', () => {
    const salts = [draftCredential(sampleInput), draftCredential(sampleInput)].flatMap((draft) =>
      draft.disclosures.map((each) => JSON.parse(Buffer.from(each, 'base64url').toString())[0]),
    )
    expect(new Set(salts).size).toBe(12)
    for (const salt of salts) expect(Buffer.from(salt, 'base64url')).toHaveLength(16)
  })

  it('writes no _sd, exp and cnf where there are none', () => {
    const { payload } = draftCredential({
      ...sampleInput,
      claims: { public: { a: 1 }, sensitive: {} },
      plain: {},
      sensitiveHolder: undefined,
      decoys: 0,
      expires: undefined,
      holderKey: undefined,
    })
    expect(payload.claims).toEqual({ a: 1 })
    expect(Object.keys(payload)).toEqual([
      'iss',
      'vct',
      'iat',
      'nbf',
      'status',
      'claims',
      '_sd_alg',
    ])
  })

  it.each(['iss', 'exp', 'vct', 'cnf', 'status', '_sd', '_sd_alg', '...', 'claims', 'iat', 'nbf'])(
    'refuses %s among the plain members',
    (name) => {
      const plain = { ...sampleInput.plain, [name]: 'x' }
      expect(code(() => draftCredential({ ...sampleInput, plain }))).toBe('name-forbidden')
    },
  )

  it('refuses what a verifier would read otherwise', () => {
    const draft = (sensitive: Record<string, unknown>, open: Record<string, unknown> = {}) =>
      code(() => draftCredential({ ...sampleInput, claims: { public: open, sensitive } }))
    expect(draft({ _sd: 1 })).toBe('name-forbidden')
    expect(draft({}, { a: { _sd: ['x'] } })).toBe('name-forbidden')
    expect(draft({ a: [{ '...': 'x' }] })).toBe('name-forbidden')
    expect(draft({ 'holder.name': 1 })).toBe('name-forbidden')
    expect(draft({ a: 1 }, { a: 2 })).toBe('name-collision')
    for (const value of [undefined, Number.NaN, 1n, new Date(), () => 1, '\ud800']) {
      expect(draft({ a: value })).toBe('value-not-json')
    }
    let deep: unknown = 1
    for (let level = 0; level < 16; level += 1) deep = [deep]
    expect(draft({ a: deep })).toBe('too-deep')
    expect(draft({ a: 'x'.repeat(65_536) })).toBe('credential-too-large')
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`a${index}`, 1]))
    expect(draft(many)).toBe('credential-too-large')
    const status = { uri: 'x', index: -1 }
    expect(code(() => draftCredential({ ...sampleInput, status }))).toBe(
      'status-index-out-of-range',
    )
  })

  it('leaves the private part of a holder key out', () => {
    const holderKey = { ...sampleInput.holderKey, d: 'secret' } as never
    const { payload } = draftCredential({ ...sampleInput, holderKey })
    expect(JSON.stringify(payload)).not.toContain('secret')
  })
})
