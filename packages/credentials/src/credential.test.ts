import { createHash, randomBytes } from 'node:crypto'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  EXPIRES,
  findKey,
  ISSUED_AT,
  ISSUER,
  issueCredential,
  issuerKeys,
  issueStatusList,
  KID,
  mutations,
  NOW,
  sampleInput,
  sensitiveNames,
  signRaw,
} from '../test/sample.ts'
import { signEs256, verifyEs256 } from './es256.ts'
import {
  CredentialError,
  type CredentialQuestion,
  checkCredential,
  checkSignature,
  draftCredential,
  presentCredential,
  readCredential,
} from './index.ts'

const ask = (compact: string, question: Partial<CredentialQuestion> = {}) =>
  checkCredential(readCredential(compact), { findKey, at: NOW, ...question })
const codes = (compact: string, question: Partial<CredentialQuestion> = {}) =>
  ask(compact, question).checks.map(({ code }) => code)
const GOOD = [
  'signature-valid',
  'validity-valid',
  'disclosures-valid',
  'holder-binding-not-requested',
]
const code = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    if (error instanceof CredentialError) return error.code
    throw error
  }
  return undefined
}

const peer = new SDJwtVcInstance({
  signer: async (data) => signEs256(issuerKeys.privateKey, Buffer.from(data)).toString('base64url'),
  verifier: async (data, signature) =>
    verifyEs256(issuerKeys.publicKey, Buffer.from(data), Buffer.from(signature, 'base64url')),
  signAlg: 'ES256',
  hasher: async (data) =>
    createHash('sha256')
      .update(typeof data === 'string' ? data : new Uint8Array(data))
      .digest(),
  hashAlg: 'sha-256',
  saltGenerator: async (length) => randomBytes(length).toString('base64url'),
  statusListFetcher: async () => issueStatusList([[6, 1]]),
  statusVerifier: async (data, signature) =>
    verifyEs256(issuerKeys.publicKey, Buffer.from(data), Buffer.from(signature, 'base64url')),
})

const subsets = <Item>(items: readonly Item[]) =>
  Array.from({ length: 2 ** items.length }, (_, mask) =>
    items.filter((_item, index) => mask & (1 << index)),
  )

describe('a credential and each subset of its disclosures', () => {
  const compact = issueCredential()
  const { sensitive } = sampleInput.claims

  it.each(subsets(sensitiveNames).map((names) => [names.join(', '), names] as const))(
    'is verified by us and by @sd-jwt/sd-jwt-vc: %s',
    async (_, names) => {
      const presentation = presentCredential(compact, names)
      const { checks, credential } = ask(presentation)
      expect(checks.map((each) => each.code)).toEqual(GOOD)
      expect([...(credential?.disclosed ?? [])].sort()).toEqual([...names].sort())
      const shown = (prefix: string, from: object) =>
        Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(prefix + name)))
      expect(credential?.processed?.claims).toEqual({
        ...sampleInput.claims.public,
        ...shown('', sensitive),
      })
      const holder = { kind: 'person', ...shown('holder.', sampleInput.sensitiveHolder ?? {}) }
      expect(credential?.processed?.holder).toEqual(holder)
      const theirs = await peer.verify(presentation, { currentDate: NOW })
      expect(theirs.payload).toEqual(credential?.processed)
    },
  )

  it('is refused by @sd-jwt/sd-jwt-vc when our status list says invalid', async () => {
    const revoked = issueCredential({ status: { uri: 'https://issuer.example/l', index: 6 } })
    await expect(peer.verify(revoked, { currentDate: NOW })).rejects.toThrow()
  })
})

describe('a credential of @sd-jwt/sd-jwt-vc', () => {
  it('is verified by us, with recursive disclosures, elements and decoys', async () => {
    const claims = {
      iss: ISSUER,
      vct: 'urn:other',
      iat: ISSUED_AT,
      name: 'A',
      address: { street: 'S', city: { name: 'C', code: '1' } },
      owners: ['a', 'b', { c: 'd' }],
    }
    const theirs = await peer.issue(
      claims,
      {
        _sd: ['name', 'address'],
        _sd_decoy: 3,
        address: { _sd: ['street', 'city'], city: { _sd: ['code'] } },
        owners: { _sd: [0, 2] },
      },
      { header: { kid: KID } },
    )
    const { checks, credential } = ask(theirs)
    expect(checks.map((each) => each.code)).toEqual(GOOD)
    expect(credential?.processed).toEqual(claims)
    expect([...(credential?.disclosed ?? [])].sort()).toEqual([
      'address',
      'address.city',
      'address.city.code',
      'address.street',
      'name',
      'owners[0]',
      'owners[2]',
    ])
    const part = ask(presentCredential(theirs, ['address.city.code', 'owners[2]'])).credential
    expect(part?.processed).toEqual({
      ...{ iss: ISSUER, vct: 'urn:other', iat: ISSUED_AT },
      address: { city: { name: 'C', code: '1' } },
      owners: ['b', { c: 'd' }],
    })
  })
})

describe('presentCredential', () => {
  it('refuses a name that the credential does not have', () => {
    const compact = issueCredential()
    expect(code(() => presentCredential(compact, ['name']))).toBe('disclosure-unknown')
    const less = presentCredential(compact, ['contactPhone'])
    expect(code(() => presentCredential(less, ['holder.name']))).toBe('disclosure-unknown')
  })
})

describe('checkCredential', () => {
  const compact = issueCredential()

  it('is valid from nbf on and expired at exp', () => {
    expect(codes(compact, { at: ISSUED_AT })[1]).toBe('validity-valid')
    expect(codes(compact, { at: ISSUED_AT - 1 })[1]).toBe('credential-not-yet-valid')
    expect(codes(compact, { at: EXPIRES - 1 })[1]).toBe('validity-valid')
    expect(codes(compact, { at: EXPIRES })[1]).toBe('credential-expired')
    expect(codes(compact, { at: new Date(EXPIRES * 1000 - 1) })[1]).toBe('validity-valid')
  })

  it('fails what a compromised key signed, and what a key signed before it was in use', () => {
    const by = (times: object) => () => ({ key: issuerKeys.publicKey, ...times })
    expect(codes(compact, { findKey: by({ revokedAt: ISSUED_AT }) })[0]).toBe('key-compromised')
    expect(codes(compact, { findKey: by({ revokedAt: ISSUED_AT + 1 }) })[0]).toBe('signature-valid')
    expect(codes(compact, { findKey: by({ notBefore: ISSUED_AT + 1 }) })[0]).toBe(
      'key-not-yet-valid',
    )
    expect(codes(compact, { findKey: by({ notBefore: ISSUED_AT }) })[0]).toBe('signature-valid')
    const undated = signRaw({ iss: ISSUER, vct: 'x' })
    expect(codes(undated, { findKey: by({ revokedAt: EXPIRES }) })[0]).toBe('key-compromised')
  })

  it('says not-checkable for a key that is unknown, and trusts nothing then', () => {
    const { checks, credential } = ask(compact, { findKey: () => undefined })
    expect(checks[0]).toMatchObject({ result: 'not-checkable', code: 'key-unknown' })
    expect(checks.slice(1).map(({ result }) => result)).toEqual(['skipped', 'skipped', 'skipped'])
    expect(credential).toBeUndefined()
  })

  it('takes the outcome of an earlier check of the signature', () => {
    const reading = readCredential(compact)
    const signature = checkSignature(reading, findKey)
    const never = () => {
      throw new Error('asked again')
    }
    const again = checkCredential(reading, { findKey: never, at: NOW, signature })
    expect(again.checks.map((each) => each.code)).toEqual(GOOD)
  })

  it('keeps the signature apart from disclosures that do not hold', () => {
    const stray = Buffer.from('["salt","a",1]').toString('base64url')
    const { checks, credential } = ask(`${compact}${stray}~`)
    expect(checks.map((each) => each.code)).toEqual([
      ...['signature-valid', 'validity-valid', 'disclosure-unreferenced'],
      'holder-binding-not-requested',
    ])
    expect(credential?.processed).toBeUndefined()
    expect(credential?.signed.number).toBe(sampleInput.plain.number)
  })

  it('refuses a disclosure of what must be in the open', () => {
    const [disclosure] = draftCredential({
      ...sampleInput,
      claims: { public: {}, sensitive: { exp: 1 } },
    }).disclosures as [string]
    const digest = createHash('sha256').update(disclosure).digest('base64url')
    const hidden = signRaw({ iss: ISSUER, vct: 'x', _sd: [digest] }, [disclosure])
    expect(codes(hidden)[2]).toBe('name-forbidden')
  })

  it('refuses each change of one character', () => {
    let tried = 0
    const accepted = new Set<string>()
    for (const text of mutations(compact)) {
      tried += 1
      if (!ask(text).checks.some(({ result }) => result === 'fail')) {
        // Another kid or iss is another key, which is unknown: not accepted either.
        if (ask(text).checks[0]?.result !== 'not-checkable') accepted.add(text)
      }
    }
    expect([...accepted]).toEqual([])
    expect(tried).toBeGreaterThan(9 * compact.length)
  })
})

describe('any claims', () => {
  const names = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom(
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      '',
      ' ',
      'claims',
      '0',
    ),
  )
  const members = fc
    .dictionary(names, fc.jsonValue({ maxDepth: 3, stringUnit: 'grapheme' }), { maxKeys: 6 })
    .filter((object) => !/"(_sd|\.\.\.|_sd_alg)":/.test(JSON.stringify(object)))

  it('come back as they were, each subset alone', () => {
    fc.assert(
      fc.property(members, members, fc.nat(), fc.nat(5), (open, all, mask, decoys) => {
        const hidden = Object.entries(all).filter(
          ([name]) => !Object.hasOwn(open, name) && !name.startsWith('holder.'),
        )
        const input = { public: open, sensitive: Object.fromEntries(hidden) }
        const compact = issueCredential({ claims: input, decoys })
        const chosen = hidden.filter((_, index) => mask & (1 << index))
        const presentation = presentCredential(
          compact,
          chosen.map(([name]) => name),
        )
        const { checks, credential } = ask(presentation)
        expect(checks.map((each) => each.code)).toEqual(GOOD)
        const expected = Object.fromEntries([...Object.entries(open), ...chosen])
        const claims = credential?.processed?.claims as object
        expect(JSON.parse(JSON.stringify(claims))).toEqual(JSON.parse(JSON.stringify(expected)))
        expect(Object.keys(claims).sort()).toEqual(Object.keys(expected).sort())
        expect(Object.getPrototypeOf(claims)).toBe(Object.prototype)
      }),
      { numRuns: 300 },
    )
  })
})
