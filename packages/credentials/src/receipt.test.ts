import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  holderKeys,
  issuerKeys,
  jwkOf,
  mutations,
  NOW,
  signInput,
  signRaw,
} from '../test/sample.ts'
import { CredentialError, completeJws, draftReceipt, hashRequest, verifyReceipt } from './index.ts'

const body = {
  jti: 'v-1',
  iat: NOW,
  verdict: 'valid',
  checks: [{ check: 'signature', result: 'pass' }],
}
const jwks = {
  keys: [
    { ...jwkOf(holderKeys), kid: 'old' },
    { ...jwkOf(issuerKeys), kid: 'r-1' },
  ],
}
const draft = draftReceipt(body, 'r-1')
const receipt = completeJws(draft, signInput(draft))

describe('a receipt', () => {
  it('is verified by the published keys', () => {
    expect(verifyReceipt(receipt, jwks)).toEqual({ ok: true, value: { body, kid: 'r-1' } })
    expect(draft.header).toEqual({ alg: 'ES256', typ: 'lexchange-receipt+jwt', kid: 'r-1' })
  })

  it('fails by other keys', () => {
    expect(verifyReceipt(receipt, { keys: [] })).toMatchObject({ ok: false, code: 'key-unknown' })
    const swapped = { keys: [{ ...jwkOf(holderKeys), kid: 'r-1' }] }
    expect(verifyReceipt(receipt, swapped)).toMatchObject({ code: 'signature-invalid' })
    const unusable = { keys: [{ kty: 'RSA', kid: 'r-1' }] }
    expect(verifyReceipt(receipt, unusable)).toMatchObject({ code: 'key-unknown' })
  })

  it('fails once its key was compromised before, and holds when after', () => {
    const revoked = (revoked_at: number) => ({
      keys: [{ ...jwkOf(issuerKeys), kid: 'r-1', revoked: { revoked_at } }],
    })
    expect(verifyReceipt(receipt, revoked(NOW))).toMatchObject({ code: 'key-compromised' })
    expect(verifyReceipt(receipt, revoked(NOW + 1)).ok).toBe(true)
  })

  it('needs jti and iat, and its typ', () => {
    const header = { alg: 'ES256', typ: 'lexchange-receipt+jwt', kid: 'r-1' }
    for (const wrong of [
      {},
      { jti: 'x' },
      { iat: 1 },
      { jti: 1, iat: 1 },
      { jti: 'x', iat: '1' },
    ]) {
      const text = signRaw(wrong, [], header).slice(0, -1)
      expect(verifyReceipt(text, jwks)).toMatchObject({ code: 'receipt-malformed' })
      expect(() => draftReceipt(wrong as never, 'r-1')).toThrow(CredentialError)
    }
    const other = signRaw(body, [], { ...header, typ: 'JWT' }).slice(0, -1)
    expect(verifyReceipt(other, jwks)).toMatchObject({ code: 'type-not-allowed' })
    expect(verifyReceipt(undefined as never, jwks)).toMatchObject({ code: 'receipt-malformed' })
  })

  it('refuses each change of one character', () => {
    expect([...mutations(receipt)].filter((text) => verifyReceipt(text, jwks).ok)).toEqual([])
  })
})

describe('hashRequest', () => {
  it('is the same for each order of members, and another for another value', () => {
    expect(hashRequest({ b: [1, { d: 'é', c: 1e21 }], a: 'x' })).toBe(
      hashRequest({ a: 'x', b: [1, { c: 1e21, d: 'é' }] }),
    )
    expect(hashRequest({ a: 1 })).not.toBe(hashRequest({ a: '1' }))
    expect(hashRequest({ a: [1, 2] })).not.toBe(hashRequest({ a: [2, 1] }))
  })

  it('hashes the canonical text of RFC 8785, 3.2.3', () => {
    const value = JSON.parse(
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
    )
    const canonical =
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    expect(hashRequest(value)).toBe(createHash('sha256').update(canonical).digest('base64url'))
  })

  it('sorts names by UTF-16 code units', () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6']
    const forward = Object.fromEntries(names.map((name, index) => [name, index]))
    const backward = Object.fromEntries(Object.entries(forward).reverse())
    expect(hashRequest(forward)).toBe(hashRequest(backward))
  })

  it('takes any JSON, and refuses what is none', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
        expect(hashRequest(value)).toMatch(/^[A-Za-z0-9_-]{43}$/)
        expect(hashRequest(JSON.parse(JSON.stringify(value)))).toBe(hashRequest(value))
      }),
    )
    const cycle: unknown[] = []
    cycle.push(cycle)
    for (const value of [undefined, Number.NaN, '\ud800', cycle, () => 1, { a: 1n }]) {
      expect(() => hashRequest(value)).toThrow(CredentialError)
    }
  })
})
