import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { decodeBase64url } from './base64url.ts'
import { CredentialError } from './credential.errors.ts'
import { hasDuplicateNames, parseEncodedJson } from './strict-json.ts'

const encode = (text: string | Uint8Array) => Buffer.from(text as string).toString('base64url')
const parse = (text: string | Uint8Array) => parseEncodedJson(encode(text), 'receipt-malformed')
const code = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    expect(error).toBeInstanceOf(CredentialError)
    return (error as CredentialError).code
  }
  return undefined
}

describe('parseEncodedJson', () => {
  it('reads what JSON.parse reads, however it is written', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6, stringUnit: 'binary' }), fc.nat(3), (text, spaces) => {
        const value = JSON.parse(text)
        const written = JSON.stringify(value, undefined, spaces)
        expect(parse(written.toWellFormed())).toEqual(JSON.parse(written.toWellFormed()))
      }),
    )
  })

  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"a":1}',
    '{"a" :1,"a":2}',
    '{"a"\n:1,"b":":","a"\t:2}',
    '{"a":1,"\\u0061":2}',
    '{"a":1,"b":"\\u0022:","a":2}',
    '{"a":1,"a":2,"b":":c"}',
    '{"x":{"a":1,"b":[{"c":1,"c":2}]}}',
    '{"x":{"a":1,"a":2},"x":3}',
    '{"__proto__":1,"__proto__":2}',
    '[{"":1,"":2}]',
    '{"a":{"b":1},"a":":"}',
    '{"a":":","a":1}',
  ])('refuses the duplicate in %s', (text) => {
    expect(code(() => parse(text))).toBe('receipt-malformed')
  })

  it.each([
    '{"a":1,"b":{"a":2}}',
    '[{"a":1},{"a":1}]',
    '{"a":":a","b":"\\"a\\":"}',
    '{" a":1,"a":2}',
  ])('reads %s, which has none', (text) => {
    expect(parse(text)).toEqual(JSON.parse(text))
  })

  it('finds a duplicate wherever it is put', () => {
    const values = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' })
    const name = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(values, values, name, fc.nat(2), (first, second, key, spaces) => {
        const write = (value: unknown) => JSON.stringify(value, undefined, spaces).toWellFormed()
        const duplicate = `{"x":[{${write(key)}:${write(first)},${write(key)}:${write(second)}}]}`
        expect(hasDuplicateNames(duplicate)).toBe(true)
        expect(code(() => parse(duplicate))).toBe('receipt-malformed')
      }),
    )
  })

  it('refuses bytes that are not UTF-8, but reads U+FFFD itself', () => {
    expect(code(() => parse(Buffer.from([0x22, 0xff, 0x22])))).toBe('receipt-malformed')
    expect(code(() => parse(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])))).toBe('receipt-malformed')
    expect(parse('"\ufffd"')).toBe('\ufffd')
  })

  it('refuses a byte order mark and what is no JSON', () => {
    for (const text of ['\ufeff{}', '', '{', '{}x', "{'a':1}", '{"a":01}', 'NaN', '{"a":1,}']) {
      expect(code(() => parse(text))).toBe('receipt-malformed')
    }
  })

  it('reads 16 levels and refuses 17, and 10,000 quickly', () => {
    expect(parse(`${'['.repeat(16)}${']'.repeat(16)}`)).toBeDefined()
    for (const levels of [17, 10_000, 100_000]) {
      expect(code(() => parse(`${'['.repeat(levels)}${']'.repeat(levels)}`))).toBe('too-deep')
      expect(code(() => parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`))).toBe('too-deep')
    }
  })

  it('keeps __proto__ a name like others', () => {
    const value = parse('{"__proto__":{"polluted":true}}') as Record<string, unknown>
    expect(Object.keys(value)).toEqual(['__proto__'])
    expect(value.polluted).toBeUndefined()
  })
})

describe('decodeBase64url', () => {
  it('reads only what base64url of the bytes is', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = encode(bytes)
        expect([...decodeBase64url(text, 'receipt-malformed')]).toEqual([...bytes])
      }),
    )
  })

  it('refuses padding, foreign characters and loose bits', () => {
    for (const text of ['QQ==', 'QR', 'Q', 'Q Q', 'QQ\n', 'Q+', 'a/b', 'é', 'QQ.', '\u0141Q']) {
      expect(code(() => decodeBase64url(text, 'receipt-malformed'))).toBe('receipt-malformed')
      expect(code(() => parseEncodedJson(text, 'receipt-malformed'))).toBe('receipt-malformed')
    }
  })
})
