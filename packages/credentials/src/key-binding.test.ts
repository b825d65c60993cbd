import { describe, expect, it } from 'vitest'

import {
  findKey,
  holderKeys,
  ISSUER,
  issueCredential,
  issuerKeys,
  NOW,
  signInput,
  signRaw,
} from '../test/sample.ts'
import {
  checkCredential,
  createKeyBinding,
  type KeyBindingExpectation,
  presentCredential,
  readCredential,
  signEs256,
} from './index.ts'

const presentation = presentCredential(issueCredential(), ['contactPhone'])
const expected = { aud: 'https://verifier.example', nonce: 'n-1' }
const sign = (data: Uint8Array) => signEs256(holderKeys.privateKey, data)
const bind = (changes: object = {}, to = presentation, by = sign) =>
  createKeyBinding(to, { ...expected, iat: NOW - 10, ...changes }, by)

function binding(
  compact: string,
  keyBinding: KeyBindingExpectation | undefined = expected,
  now = NOW,
) {
  const reading = readCredential(compact)
  const { checks } = checkCredential(reading, { findKey, at: NOW, now, keyBinding })
  expect(checks.slice(0, 3).every(({ result }) => result === 'pass')).toBe(true)
  return `${checks[3]?.result} ${checks[3]?.code}`
}

describe('a KB-JWT', () => {
  it('proves the holder', () => {
    expect(binding(bind())).toBe('pass holder-binding-valid')
  })

  it('is missed only when it was asked for', () => {
    expect(binding(presentation)).toBe('fail holder-binding-missing')
    const { checks } = checkCredential(readCredential(presentation), { findKey, at: NOW })
    expect(checks[3]).toMatchObject({ result: 'skipped', code: 'holder-binding-not-requested' })
  })

  it('proves nothing unasked, but must hold', () => {
    const unasked = (compact: string) =>
      checkCredential(readCredential(compact), { findKey, at: NOW }).checks[3]
    expect(unasked(bind())).toMatchObject({
      result: 'skipped',
      code: 'holder-binding-not-requested',
    })
    const forged = bind({}, presentation, (data) => signEs256(issuerKeys.privateKey, data))
    expect(unasked(forged)).toMatchObject({ result: 'fail', code: 'key-binding-signature-invalid' })
    expect(unasked(`${presentation}x`)).toMatchObject({
      result: 'fail',
      code: 'key-binding-malformed',
    })
  })

  it('fails for another verifier, nonce or holder', () => {
    expect(binding(bind({ aud: 'https://other.example' }))).toBe(
      'fail key-binding-audience-mismatch',
    )
    expect(binding(bind({ aud: [expected.aud] }))).toBe('fail key-binding-audience-mismatch')
    expect(binding(bind({ nonce: 'n-2' }))).toBe('fail key-binding-nonce-mismatch')
    const thief = bind({}, presentation, (data) => signEs256(issuerKeys.privateKey, data))
    expect(binding(thief)).toBe('fail key-binding-signature-invalid')
  })

  it('fails outside of its time', () => {
    expect(binding(bind({ iat: NOW - 300 }))).toBe('pass holder-binding-valid')
    expect(binding(bind({ iat: NOW - 301 }))).toBe('fail key-binding-too-old')
    expect(binding(bind({ iat: NOW + 60 }))).toBe('pass holder-binding-valid')
    expect(binding(bind({ iat: NOW + 61 }))).toBe('fail key-binding-in-future')
    expect(binding(bind(), { ...expected, maxAge: 5 })).toBe('fail key-binding-too-old')
    expect(binding(bind({ iat: NOW + 1 }), { ...expected, clockSkew: 0 })).toBe(
      'fail key-binding-in-future',
    )
    expect(binding(bind({ iat: Number.NaN }))).toBe('fail key-binding-malformed')
  })

  it('fails when the presentation shows more or less than what was signed', () => {
    const [, keyBinding] = bind().split(/~(?=[^~]*$)/)
    const more = presentCredential(issueCredential(), ['contactPhone'])
    expect(binding(`${more}${keyBinding}`)).toBe('fail key-binding-hash-mismatch')
    const less = `${presentation.split('~')[0]}~`
    expect(binding(`${less}${keyBinding}`)).toBe('fail key-binding-hash-mismatch')
  })

  it('fails without a key of a holder in the credential', () => {
    const without = issueCredential({ holderKey: undefined })
    expect(binding(bind({}, without))).toBe('fail holder-key-missing')
    for (const jwk of [
      {},
      { kty: 'oct', k: 'AA' },
      { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) },
    ]) {
      const strange = signRaw({ iss: ISSUER, vct: 'x', cnf: { jwk } })
      expect(binding(bind({}, strange))).toBe('fail holder-key-malformed')
    }
  })

  it('fails with another typ or algorithm', () => {
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
    const payload = JSON.parse(
      Buffer.from(bind().split('.').at(-2) as string, 'base64url').toString(),
    )
    const withHeader = (header: object) => {
      const signingInput = `${encode(header)}.${encode(payload)}`
      return `${presentation}${signingInput}.${signInput({ signingInput }, holderKeys).toString('base64url')}`
    }
    expect(binding(withHeader({ alg: 'ES256', typ: 'kb+jwt' }))).toBe('pass holder-binding-valid')
    expect(binding(withHeader({ alg: 'ES256', typ: 'JWT' }))).toBe('fail type-not-allowed')
    expect(binding(withHeader({ alg: 'none', typ: 'kb+jwt' }))).toBe('fail algorithm-not-allowed')
    expect(binding(withHeader({ alg: 'HS256', typ: 'kb+jwt' }))).toBe('fail algorithm-not-allowed')
  })

  it('is not added twice', () => {
    expect(() => bind({}, bind())).toThrow('does not end')
  })
})
