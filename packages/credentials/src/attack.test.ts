import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  findKey,
  holderKeys,
  ISSUER,
  issueCredential,
  issuerKeys,
  jwkOf,
  KID,
  NOW,
  signInput,
  signRaw,
  trustList,
} from '../test/sample.ts'
import {
  checkCredential,
  readCredential,
  readStatusListToken,
  verifyOffline,
  verifyReceipt,
} from './index.ts'

const PAYLOAD = { iss: ISSUER, vct: 'x', iat: 1 }

function firstCheck(compact: string) {
  const { checks, credential } = checkCredential(readCredential(compact), { findKey, at: NOW })
  const [signature] = checks
  if (signature?.result !== 'pass') expect(credential).toBeUndefined()
  return `${signature?.result} ${signature?.code}`
}

const headed = (header: object) =>
  firstCheck(signRaw(PAYLOAD, [], { alg: 'ES256', typ: 'dc+sd-jwt', kid: KID, ...header }))
const quickly = <Value>(work: () => Value): Value => {
  const start = performance.now()
  const value = work()
  expect(performance.now() - start).toBeLessThan(500)
  return value
}

describe('the algorithm', () => {
  it.each([
    'none',
    'None',
    'HS256',
    'RS256',
    'ES384',
    'ES256K',
    'EdDSA',
    'es256',
    '',
    null,
    ['ES256'],
  ])('is refused when it is %j', (alg) => {
    expect(headed({ alg })).toBe('fail algorithm-not-allowed')
  })

  it('cannot be left out together with the signature', () => {
    const [header, payload] = signRaw(PAYLOAD, [], {
      alg: 'none',
      typ: 'dc+sd-jwt',
      kid: KID,
    }).split('.')
    expect(firstCheck(`${header}.${payload}.~`)).toBe('fail algorithm-not-allowed')
    const [good, body] = signRaw(PAYLOAD).split('.')
    expect(firstCheck(`${good}.${body}.~`)).toBe('fail signature-invalid')
    expect(firstCheck(`${good}.${body}~`)).toBe('fail credential-malformed')
  })

  it('cannot become an HMAC with the public key as its secret', () => {
    for (const alg of ['HS256', 'ES256']) {
      for (const format of ['pem', 'der'] as const) {
        const secret = issuerKeys.publicKey.export({ type: 'spki', format } as never) as string
        const [header, payload] = signRaw(PAYLOAD, [], { alg, typ: 'dc+sd-jwt', kid: KID }).split(
          '.',
        )
        const mac = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url')
        expect(firstCheck(`${header}.${payload}.${mac}~`)).toMatch(/^fail (alg|sig)/)
      }
    }
  })
})

describe('the header', () => {
  it('is not trusted to bring its own key', () => {
    const jwk = jwkOf(holderKeys)
    const header = {
      alg: 'ES256',
      typ: 'dc+sd-jwt',
      kid: KID,
      jwk,
      x5c: ['x'],
      jku: 'https://evil.example',
    }
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
    const signingInput = `${encode(header)}.${encode(PAYLOAD)}`
    const forged = signInput({ signingInput }, holderKeys).toString('base64url')
    expect(firstCheck(`${signingInput}.${forged}~`)).toBe('fail signature-invalid')
    expect(headed({ jwk, x5c: ['x'], jku: 'https://evil.example' })).toBe('pass signature-valid')
  })

  it('may hold no crit and no b64', () => {
    expect(headed({ crit: ['b64'], b64: false })).toBe('fail header-not-allowed')
    expect(headed({ crit: [] })).toBe('fail header-not-allowed')
    expect(headed({ b64: false })).toBe('fail header-not-allowed')
  })

  it.each([
    'vc+sd-jwt',
    'DC+SD-JWT',
    'application/dc+sd-jwt',
    'JWT',
    'statuslist+jwt',
    undefined,
    1,
  ])('is refused with the typ %j', (typ) => {
    expect(headed({ typ })).toBe('fail type-not-allowed')
  })

  it('names a key by a string or not at all', () => {
    expect(headed({ kid: 1 })).toBe('fail credential-malformed')
    expect(headed({ kid: undefined })).toBe('not-checkable key-unknown')
    expect(headed({ kid: '__proto__' })).toBe('not-checkable key-unknown')
  })

  it('has no name twice', () => {
    const header = `{"alg":"none","typ":"dc+sd-jwt","kid":"${KID}","alg":"ES256"}`
    expect(firstCheck(signRaw(PAYLOAD, [], header))).toBe('fail credential-malformed')
  })
})

describe('the payload', () => {
  it.each([
    `{"iss":"https://evil.example","vct":"x","iss":"${ISSUER}"}`,
    `{"iss":"${ISSUER}","vct":"x","exp":1,"exp":9999999999}`,
    `{"iss":"${ISSUER}","vct":"x","holder":{"a":1,"a":2}}`,
    `{"iss":"${ISSUER}","vct":"x","\\u0069ss":"y"}`,
    '[]',
    'null',
    '1',
    '{}',
    '{"iss":1,"vct":"x"}',
    '{"vct":1}',
    `{"iss":"${ISSUER}","vct":"x","exp":"9"}`,
    `{"iss":"${ISSUER}","vct":"x","nbf":null}`,
    `{"iss":"${ISSUER}","vct":"x","iat":1e999}`,
  ])('is refused when it is %s', (payload) => {
    expect(firstCheck(signRaw(payload))).toBe('fail credential-malformed')
  })

  it('is refused when it is nested deeply', () => {
    const deep = `{"iss":"${ISSUER}","vct":"x","a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`
    expect(quickly(() => firstCheck(signRaw(deep)))).toBe('fail too-deep')
  })

  it('without an issuer names no key', () => {
    expect(firstCheck(signRaw({ vct: 'x' }))).toBe('not-checkable key-unknown')
  })
})

describe('size', () => {
  it('of 10 MB is refused at once', () => {
    for (const text of ['A', '~', '.', '[', '\u{1f600}']) {
      expect(quickly(() => firstCheck(text.repeat(10_000_000 / text.length)))).toBe(
        'fail credential-too-large',
      )
    }
    const jws = 'A'.repeat(10_000_000)
    expect(quickly(() => readStatusListToken(jws))).toMatchObject({ code: 'status-list-too-large' })
    expect(quickly(() => verifyReceipt(jws, { keys: [] }))).toMatchObject({
      code: 'receipt-malformed',
    })
  })

  it('of 100,000 disclosures, of 201 and of empty ones is refused', () => {
    const jws = signRaw(PAYLOAD)
    expect(quickly(() => firstCheck(jws + 'W10~'.repeat(100_000)))).toBe(
      'fail credential-too-large',
    )
    expect(firstCheck(jws + 'W10~'.repeat(201))).toBe('fail credential-too-large')
    const { checks } = checkCredential(readCredential(`${jws}~~`), { findKey, at: NOW })
    expect(checks[2]?.code).toBe('disclosure-malformed')
  })

  it('of many digests and names is bounded in time', () => {
    const digests = Array.from({ length: 4_000 }, (_, index) => `d${index}`)
    expect(quickly(() => firstCheck(signRaw({ ...PAYLOAD, _sd: digests })))).toBe(
      'pass signature-valid',
    )
    const names = Object.fromEntries(digests.map((name) => [` ${name}`, 1]))
    expect(quickly(() => firstCheck(signRaw({ ...PAYLOAD, ...names })))).toBe(
      'pass signature-valid',
    )
  })
})

describe('whatever comes in', () => {
  const compact = issueCredential()
  const answers = (text: string) => {
    const start = performance.now()
    const answer = verifyOffline({ credential: text, trustList, at: NOW, now: NOW })
    expect(performance.now() - start).toBeLessThan(1_000)
    expect(['invalid', 'indeterminate']).toContain(answer.verdict)
    expect(answer.checks).toHaveLength(6)
  }

  it('is answered and never thrown: any text', () => {
    const pieces = fc.constantFrom(
      ...'~.{}[]"_sd:,',
      compact.slice(0, 80),
      ...compact.split(/(?=[.~])/),
    )
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces).map((parts) => parts.join('')),
    )
    fc.assert(fc.property(texts, answers), { numRuns: 2_000 })
  })

  it('is answered and never thrown: signed payloads of any shape', () => {
    const digestLike = fc.dictionary(
      fc.constantFrom('_sd', '...', '_sd_alg', 'a', 'status', 'cnf'),
      fc.jsonValue(),
    )
    const disclosures = fc.array(
      fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)).toString('base64url')),
    )
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), digestLike), disclosures, (value, given) => {
        const payload = typeof value === 'object' && value !== null ? value : { value }
        answers(signRaw({ ...payload, ...PAYLOAD }, given))
      }),
      { numRuns: 500 },
    )
  })

  it('is answered even when it is no text', () => {
    for (const value of [undefined, null, 1, {}, [], Symbol('x'), compact.split('~')]) {
      expect(readCredential(value as string)).toMatchObject({
        ok: false,
        code: 'credential-malformed',
      })
    }
  })
})
