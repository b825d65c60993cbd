import { describe, expect, it } from 'vitest'

import { readFixture } from '../test/sample.ts'
import { CredentialError } from './credential.errors.ts'
import { createDisclosure, type Disclosure, digestOf, parseDisclosure } from './disclosure.ts'
import { verifyEs256 } from './es256.ts'
import { importP256 } from './jwk.ts'
import { placeDisclosures } from './place-disclosures.ts'
import { processPayload } from './process-payload.ts'
import { splitSdJwt } from './sd-jwt.ts'
import { isJsonObject, type JsonObject, parseEncodedJson } from './strict-json.ts'

type Example = {
  readonly source: string
  readonly jwt: string
  readonly disclosures: readonly string[]
  readonly claims: JsonObject
  readonly keyBinding?: string
  readonly aud?: string
  readonly nonce?: string
  readonly iat?: number
}

const fixture = readFixture('rfc-9901.json')
const issuerKey: unknown = fixture.issuerKey
const examples: readonly Example[] = fixture.examples

function payloadOf(jwt: string): JsonObject {
  const payload = parseEncodedJson(jwt.split('.')[1] as string, 'credential-malformed')
  if (!isJsonObject(payload)) throw new TypeError('no object')
  return payload
}

function process(payload: JsonObject, ...disclosures: Disclosure[]): JsonObject {
  return processPayload(payload, placeDisclosures(payload, disclosures))
}

const code = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    if (error instanceof CredentialError) return error.code
    throw error
  }
  return undefined
}

describe('the vectors of RFC 9901', () => {
  it.each(examples)('$source', (example) => {
    const { jwt, disclosures, claims, keyBinding, aud, nonce, iat } = example
    const [header, body, signature = ''] = jwt.split('.')
    const key = importP256(issuerKey)
    const input = Buffer.from(`${header}.${body}`)
    expect(verifyEs256(key, input, Buffer.from(signature, 'base64url'))).toBe(true)
    const parts = splitSdJwt(`${[jwt, ...disclosures].join('~')}~${keyBinding ?? ''}`)
    expect(parts.disclosures).toEqual(disclosures)
    expect(process(payloadOf(jwt), ...disclosures.map(parseDisclosure))).toEqual(claims)
    if (!keyBinding) return
    expect(payloadOf(keyBinding)).toEqual({ aud, nonce, iat, sd_hash: digestOf(parts.presented) })
  })
})

describe('placeDisclosures and processPayload', () => {
  const phone = createDisclosure('phone', '123')
  const element = (value: unknown) =>
    parseDisclosure(Buffer.from(JSON.stringify(['salt', value])).toString('base64url'))

  it('discloses recursively, in objects and in arrays', () => {
    const inner = element({ deep: true })
    const outer = createDisclosure('list', [1, { '...': inner.digest }, { '...': 'other' }])
    expect(process({ a: { _sd: [outer.digest, 'decoy'] } }, inner, outer)).toEqual({
      a: { list: [1, { deep: true }] },
    })
  })

  it('leaves the payload as it was', () => {
    const payload = { _sd_alg: 'sha-256', a: { _sd: [phone.digest] }, b: [{ '...': 'x' }] }
    const before = structuredClone(payload)
    process(payload, phone)
    expect(payload).toEqual(before)
  })

  it('makes an empty object of one that held digests only', () => {
    expect(process({ a: { _sd: ['x'] } })).toEqual({ a: {} })
  })

  it.each([
    ['a disclosure of no digest', { a: 1 }, [phone], 'disclosure-unreferenced'],
    ['a disclosure given twice', { _sd: [phone.digest] }, [phone, phone], 'digest-duplicate'],
    [
      'a digest twice in one place',
      { _sd: [phone.digest, phone.digest] },
      [phone],
      'digest-duplicate',
    ],
    [
      'a digest at two places',
      { _sd: [phone.digest], a: { _sd: [phone.digest] } },
      [phone],
      'digest-duplicate',
    ],
    ['a decoy twice', { _sd: ['x'], a: [{ '...': 'x' }] }, [], 'digest-duplicate'],
    ['a name that exists', { phone: 1, _sd: [phone.digest] }, [phone], 'name-collision'],
    ['another hash', { _sd_alg: 'sha-512' }, [], 'hash-not-allowed'],
    ['a hash that is no name', { _sd_alg: null }, [], 'hash-not-allowed'],
    ['_sd_alg below the top', { a: { _sd_alg: 'sha-256' } }, [], 'name-forbidden'],
    ['_sd that is no array', { _sd: {} }, [], 'digest-malformed'],
    ['_sd that is null', { _sd: null }, [], 'digest-malformed'],
    ['a digest that is no string', { _sd: [1] }, [], 'digest-malformed'],
    ['an element digest that is no string', { a: [{ '...': 1 }] }, [], 'digest-malformed'],
    ['an element digest with company', { a: [{ '...': 'x', b: 1 }] }, [], 'digest-malformed'],
    ['... outside of an array', { a: { '...': 'x' } }, [], 'name-forbidden'],
    [
      'an element where a member belongs',
      { _sd: [element(1).digest] },
      [element(1)],
      'disclosure-malformed',
    ],
    [
      'a member where an element belongs',
      { a: [{ '...': phone.digest }] },
      [phone],
      'disclosure-malformed',
    ],
  ] as const)('refuses %s', (_, payload, disclosures, expected) => {
    expect(code(() => process(payload as JsonObject, ...disclosures))).toBe(expected)
  })

  it.each(['_sd', '...', '_sd_alg'])('refuses a claim called %s', (name) => {
    const disclosure = createDisclosure(name, 'x')
    expect(code(() => process({ _sd: [disclosure.digest] }, disclosure))).toBe('name-forbidden')
    const within = createDisclosure('a', { b: { [name]: 'x' } })
    expect(code(() => process({ _sd: [within.digest] }, within))).toMatch(/forbidden|malformed/)
  })

  it('refuses a collision between two disclosures and a digest that is also within a disclosure', () => {
    const other = createDisclosure('phone', '456')
    const both = { _sd: [phone.digest, other.digest] }
    expect(code(() => process(both, phone, other))).toBe('name-collision')
    const holder = createDisclosure('a', { _sd: [phone.digest] })
    const twice = { _sd: [phone.digest, holder.digest] }
    expect(code(() => process(twice, phone, holder))).toBe('digest-duplicate')
  })

  it('counts the depth through disclosures', () => {
    let inner = createDisclosure('x', 1)
    const all = [inner]
    for (let level = 0; level < 20; level += 1) {
      inner = createDisclosure('x', { _sd: [inner.digest] })
      all.push(inner)
    }
    expect(code(() => process({ _sd: [inner.digest] }, ...all))).toBe('too-deep')
  })

  it('treats __proto__ and constructor as names', () => {
    const proto = createDisclosure('__proto__', { polluted: true })
    const maker = createDisclosure('constructor', 'x')
    const payload = process({ a: { _sd: [proto.digest, maker.digest] } }, proto, maker)
    expect(Object.keys(payload.a as object).sort()).toEqual(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf(payload.a)).toBe(Object.prototype)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('parseDisclosure', () => {
  it.each([
    '{}',
    '"x"',
    '[]',
    '["salt"]',
    '["salt","name",1,2]',
    '[1,"name","x"]',
    '[1,"x"]',
    '["salt",1,"x"]',
    '["salt",null,"x"]',
    '["salt","a",{"b":1,"b":2}]',
    '["salt","a",1',
  ])('refuses %s', (text) => {
    const encoded = Buffer.from(text).toString('base64url')
    expect(code(() => parseDisclosure(encoded))).toBe('disclosure-malformed')
  })
})
