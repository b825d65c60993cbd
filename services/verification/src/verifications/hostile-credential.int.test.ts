import { createHmac } from 'node:crypto'
import { createKeyBinding } from '@lexchange/credentials'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { codeOf, type Served, startWithIssuer } from '../../test/start-with-issuer.ts'
import { createIssuerKey, signRaw } from '../../test/test-issuer.ts'

let served: Served
let sample: string

beforeAll(async () => {
  served = await startWithIssuer()
  sample = (await served.issueLicense()).credential
})
afterAll(() => served.stop())

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const decode = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString())

/** What the sample says, for those who want to say it otherwise. */
function parts() {
  const [jwt = '', ...disclosures] = sample.split('~')
  const [header, payload] = jwt.split('.').slice(0, 2).map(decode)
  return { jwt, header, payload, disclosures: disclosures.slice(0, -1) }
}

/** Whether it still says by which key of which issuer it was signed. */
function namesItsKey(credential: string): boolean {
  const { header, payload } = parts()
  const [kid, iss] = credential.split('.').map((part) => Buffer.from(part, 'base64url').toString())
  return !!kid?.includes(`"kid":"${header.kid}"`) && !!iss?.includes(`"iss":"${payload.iss}"`)
}

/** The answer is 200, `invalid` and nothing else is said, in bounded time. */
async function expectForged(credential: string, asked: object = {}): Promise<string | undefined> {
  const started = performance.now()
  const { code, body } = await served.ask(credential, asked)
  const spent = performance.now() - started
  expect([code, body.verdict, body.status, body.version]).toEqual([200, 'invalid', null, null])
  expect(spent).toBeLessThan(1_000)
  return body.checks.find(({ result }: { result: string }) => result === 'fail').code
}

describe('verifyCredential of what a stranger sends', () => {
  it('refuses every single-byte change of a sample', async () => {
    expect((await served.verify(sample)).verdict).toBe('valid')
    const step = Math.ceil(sample.length / 200)
    const ends = [sample.length - 1, sample.indexOf('~'), sample.lastIndexOf('.')]
    const positions = Array.from({ length: 200 }, (_, index) => (index * step) % sample.length)
    for (const position of [...positions, ...ends]) {
      const other = String.fromCharCode(sample.charCodeAt(position) ^ 1)
      const changed = sample.slice(0, position) + other + sample.slice(position + 1)
      const answer = await served.verify(changed)
      expect([answer.status, answer.version]).toEqual([null, null])
      if (answer.verdict === 'invalid') continue
      // A key may be new, so one that nobody knows yet cannot be called forged.
      expect([answer.verdict, codeOf(answer, 'signature'), namesItsKey(changed)]).toEqual([
        'indeterminate',
        'key-unknown',
        false,
      ])
    }
  })

  it('refuses every single-byte change of the proof of the holder', async () => {
    const holder = await createIssuerKey('holder')
    const { kty, crv, x, y } = holder.jwk
    const { credential } = await served.issueLicense({ holderKey: { kty, crv, x, y } as never })
    const terms = { aud: 'us', nonce: 'n', iat: new Date() }
    const bound = createKeyBinding(credential, terms, (bytes) =>
      holder.sign(Buffer.from(bytes).toString()),
    )
    const start = bound.lastIndexOf('~') + 1
    for (let position = start; position < bound.length; position += 9) {
      const other = String.fromCharCode(bound.charCodeAt(position) ^ 1)
      await expectForged(bound.slice(0, position) + other + bound.slice(position + 1))
    }
  })

  it('refuses what is cut off, empty or no credential at all', async () => {
    const cut = Array.from({ length: 40 }, (_, index) => Math.floor((sample.length * index) / 40))
    for (const length of cut.slice(1)) await expectForged(sample.slice(0, length))
    for (const nonsense of [' ', '~', '..~', '...~', 'nonsense', '{}', '\0', '厦门', '\ud800'])
      expect(await expectForged(nonsense)).toBe('credential-malformed')
    await expectForged('~'.repeat(65_536))
    await expectForged('.'.repeat(65_536))
    expect(await expectForged(sample + '~'.repeat(201))).toBe('credential-too-large')
  })

  it('refuses what is larger than any credential before it looks at it', async () => {
    for (const length of [65_537, 2 ** 20, 3 * 2 ** 20]) {
      const { code } = await served.ask('x'.repeat(length))
      expect([400, 413]).toContain(code)
    }
  })

  it('refuses other algorithms, and headers that it would have to understand', async () => {
    const { key } = served.shenzhen
    const { header, payload } = parts()
    const signed = (changes: object) => signRaw(key, { ...header, ...changes }, payload)
    const none = `${encode({ ...header, alg: 'none' })}.${encode(payload)}.~`
    expect(await expectForged(none)).toBe('algorithm-not-allowed')
    const input = `${encode({ ...header, alg: 'HS256' })}.${encode(payload)}`
    for (const secret of [
      key.publicKey.export({ type: 'spki', format: 'pem' }),
      key.publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify(key.jwk),
    ]) {
      const mac = createHmac('sha256', secret).update(input).digest('base64url')
      expect(await expectForged(`${input}.${mac}~`)).toBe('algorithm-not-allowed')
    }
    for (const alg of ['None', 'NONE', 'es256', 'RS256', 'ES384', '', null, ['ES256']])
      expect(await expectForged(signed({ alg }))).toBe('algorithm-not-allowed')
    for (const more of [{ crit: ['exp'], exp: 1 }, { crit: [] }, { b64: false }])
      expect(await expectForged(signed(more))).toBe('header-not-allowed')
    for (const typ of ['JWT', 'vc+sd-jwt', 'kb+jwt', 'statuslist+jwt', undefined])
      expect(await expectForged(signed({ typ }))).toBe('type-not-allowed')
    const thief = await createIssuerKey(key.kid)
    const brought = signRaw(thief, { ...header, jwk: thief.jwk, x5c: ['MIIB'] }, payload)
    expect(await expectForged(brought)).toBe('signature-invalid')
  })

  it('refuses what two parsers would read as two things, though it is signed', async () => {
    const { key } = served.shenzhen
    const { header, payload, disclosures } = parts()
    const text = JSON.stringify(payload)
    const twice = text.replace('{', '{"region":"110000",')
    expect(await expectForged(signRaw(key, header, twice))).toBe('credential-malformed')
    const escaped = text.replace('{', '{"regi\\u006fn":"110000",')
    expect(await expectForged(signRaw(key, header, escaped))).toBe('credential-malformed')
    const inner = text.replace('"claims":{', '"claims":{"name":"x",')
    expect(await expectForged(signRaw(key, header, inner))).toBe('credential-malformed')
    const all = (payload: object, shown = disclosures) =>
      `${signRaw(key, header, payload)}${shown.map((each) => `${each}~`).join('')}`
    const twoDigests = { ...payload, _sd: payload.claims._sd }
    expect(await expectForged(all(twoDigests))).toBe('digest-duplicate')
    const [first = ''] = disclosures
    expect(await expectForged(all(payload, [first, first]))).toBe('digest-duplicate')
    const foreign = encode(['c2FsdA', 'contactPhone', '+8613900000000'])
    expect(await expectForged(all(payload, [foreign]))).toBe('disclosure-unreferenced')
  })

  it('refuses what is nested deeper than any credential, in bounded time', async () => {
    const { key } = served.shenzhen
    const { header, payload } = parts()
    for (const depth of [17, 1_000, 10_000]) {
      for (const [open, close] of [
        ['[', ']'],
        ['{"a":', '}'],
      ] as const) {
        const nested = `${open.repeat(depth)}1${close.repeat(depth)}`
        const text = JSON.stringify(payload).replace('{', `{"deep":${nested},`)
        if (encode(text).length > 65_000) continue
        expect(await expectForged(signRaw(key, header, text))).toBe('too-deep')
        const disclosure = encode(`["c2FsdA","deep",${nested}]`)
        if (sample.length + disclosure.length > 65_000) continue
        expect(await expectForged(`${sample}${disclosure}~`)).toBe('too-deep')
      }
    }
  })

  it('answers, and refuses nothing else, when members have names of the language', async () => {
    const { key } = served.shenzhen
    const { header, payload } = parts()
    const text = JSON.stringify(payload).replace(
      '"claims":{',
      '"claims":{"__proto__":{"name":"x"},',
    )
    const answer = await served.verify(signRaw(key, header, text), { match: { name: 'x' } })
    expect(answer).toMatchObject({ verdict: 'valid', match: { name: false } })
    for (const status of [{}, { status_list: { idx: -1, uri: 'x' } }, 7, undefined]) {
      const changed = await served.verify(signRaw(key, header, { ...payload, status }))
      expect(codeOf(changed, 'status')).toBe('status-active')
    }
  })
})
