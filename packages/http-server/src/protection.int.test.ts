import { hash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type AddressInfo, connect } from 'node:net'

import { createProofKey, createTokenVerifier, type ProofKey } from '@lexchange/auth'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { Type } from 'typebox'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'

import { createHttpServer, type HttpServer, type HttpServerOptions } from './index.ts'
import { DEFAULT_PROTECTION, protectionOf } from './protection.ts'

const ISSUER = 'http://127.0.0.1:7002'
const PUBLIC_URL = 'https://service.example/base'
const pem = (name: string) =>
  readFileSync(new URL(`../test/fixtures/${name}`, import.meta.url), 'utf8').trim()
let keys: CryptoKeyPair
let proofKey: ProofKey
const running: HttpServer[] = []

beforeAll(async () => {
  keys = await generateKeyPair('ES256')
  proofKey = await createProofKey()
})
afterEach(async () => {
  for (const app of running.splice(0)) await app.close()
})

async function build(options: Partial<HttpServerOptions> = {}) {
  const verifier = createTokenVerifier(ISSUER)
  verifier.useKeys({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k', alg: 'ES256' }] })
  const app = await createHttpServer({
    protection: DEFAULT_PROTECTION,
    ...{ name: 'test', title: 'Test', description: 'Test', version: '1', publicUrl: PUBLIC_URL },
    tokenUrl: `${ISSUER}/oauth/token`,
    log: pino({ level: 'silent' }),
    verifier,
    metrics: new Registry(),
    health: {},
    ...options,
  })
  const schema = { operationId: 'read', summary: 'Read', response: { 200: Type.Null() } }
  app.get('/v1/things', { config: { scope: 'read' }, schema }, async () => null)
  app.get('/open', { config: { scope: 'public' }, schema }, async () => null)
  running.push(app)
  return app
}

function sign(clientId: string, claims: object = {}) {
  return new SignJWT({ client_id: clientId, kind: 'department', scope: 'read', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'k', typ: 'at+jwt' })
    .setIssuer(ISSUER)
    .setAudience('urn:lexchange:api')
    .setSubject(clientId)
    .setJti(crypto.randomUUID())
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(keys.privateKey)
}

const rates = (perSecond: number, burst: number) => ({
  clients: { perSecond, burst },
  strangers: { perSecond, burst },
})

describe('rate limits', () => {
  it('let a department through up to its burst, whichever client it uses, and no other one wait', async () => {
    const app = await build({ protection: { ...DEFAULT_PROTECTION, rates: rates(1, 3) } })
    const [first, second, other] = [
      await sign('tax-1', { department_id: 'tax' }),
      await sign('tax-2', { department_id: 'tax' }),
      await sign('finance-1', { department_id: 'finance' }),
    ]
    // Its address counts each token that was never seen, which is why these are only three.
    const get = (token: string) =>
      app.inject({ url: '/v1/things', headers: { authorization: `Bearer ${token}` } })
    const answers = [await get(first), await get(second), await get(first), await get(second)]
    expect(answers.map((answer) => answer.statusCode)).toEqual([200, 200, 200, 429])
    const refused = answers[3]
    expect(refused?.json()).toMatchObject({ type: 'urn:lexchange:problem:rate-limited' })
    expect(Number(refused?.headers['retry-after'])).toBe(1)
    expect(refused?.headers['ratelimit-policy']).toBe('"default";q=3;w=3')
    expect(refused?.headers.ratelimit).toBe('"default";r=0;t=3')
    expect(answers[0]?.headers.ratelimit).toBe('"default";r=2;t=1')
    expect((await get(other)).statusCode).toBe(200)
  })

  it('bound what one address costs with tokens that do not hold and on public routes, not the watching', async () => {
    const app = await build({ protection: { ...DEFAULT_PROTECTION, rates: rates(1, 2) } })
    const forged = () =>
      app.inject({ url: '/v1/things', headers: { authorization: 'Bearer a.b.c' } })
    expect((await forged()).statusCode).toBe(401)
    expect((await app.inject('/open')).statusCode).toBe(200)
    expect((await forged()).statusCode).toBe(429)
    expect((await app.inject('/open')).statusCode).toBe(429)
    expect((await app.inject('/health/live')).statusCode).toBe(200)
  })
})

describe('security headers', () => {
  it('come with every answer, refusals too', async () => {
    const app = await build()
    for (const url of ['/open', '/v1/things', '/nothing', '/v1/%ff']) {
      const { headers } = await app.inject(url)
      expect(headers, url).toMatchObject({
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'strict-transport-security': 'max-age=31536000; includeSubDomains',
      })
    }
  })

  it('let the documentation run its own scripts, and nothing else', async () => {
    const app = await build()
    const page = await app.inject('/docs/')
    const policy = String(page.headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).not.toMatch(/script-src[^;]*unsafe/)
    // What the page needs is not inline, so that it works under this policy.
    expect(page.body).not.toMatch(/<script(?![^>]*src=)[^>]*>\s*\S/)
    for (const [, source] of page.body.matchAll(/<script[^>]*src="([^"]+)"/g)) {
      const script = await app.inject(new URL(source ?? '', 'http://x/docs/').pathname)
      expect(script.statusCode, source).toBe(200)
    }
  })
})

describe('slow clients', () => {
  it('are cut when their headers do not come, while others are answered', async () => {
    const app = await build({ headersTimeout: 300, requestTimeout: 600 })
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as AddressInfo
    const slow = connect(port, '127.0.0.1')
    let answer = ''
    slow.on('data', (chunk) => (answer += chunk))
    const closed = new Promise((resolve) => slow.on('close', resolve))
    slow.write('GET /open HTTP/1.1\r\nHost: x\r\nX-Slow: ')
    const dripping = setInterval(() => slow.write('a'), 50)
    slow.on('error', () => {})
    const others = await Promise.all([1, 2, 3].map(() => fetch(`http://127.0.0.1:${port}/open`)))
    expect(others.map(({ status }) => status)).toEqual([200, 200, 200])
    await closed
    clearInterval(dripping)
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
  })

  it('may not send headers without end', async () => {
    const app = await build()
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as AddressInfo
    const status = await new Promise((resolve) =>
      httpRequest({ port, path: '/open', headers: { x: 'y'.repeat(20_000) } }, (response) =>
        resolve(response.resume().statusCode),
      ).end(),
    )
    expect(status).toBe(431)
  })
})

describe('tokens bound to a key (RFC 9449)', () => {
  const url = `${PUBLIC_URL}/v1/things`
  async function call(headers: object) {
    const app = running[0] ?? (await build())
    return app.inject({ url: '/v1/things?x=1', headers: { ...headers } as never })
  }
  const bound = () => sign('d', { cnf: { jkt: proofKey.thumbprint } })

  it('are good with a proof of it, once per proof', async () => {
    const token = await bound()
    const dpop = await proofKey.prove('GET', url, token)
    const headers = { authorization: `DPoP ${token}`, dpop }
    expect((await call(headers)).statusCode).toBe(200)
    const replayed = await call(headers)
    expect([replayed.statusCode, replayed.json().type]).toEqual([
      401,
      'urn:lexchange:problem:dpop-proof-invalid',
    ])
    expect(replayed.headers['www-authenticate']).toMatch(/^DPoP .*error="invalid_dpop_proof"/)
  })

  it('are worth nothing to who has stolen them', async () => {
    const token = await bound()
    const thief = await createProofKey()
    const refused = [
      { authorization: `Bearer ${token}` },
      { authorization: `DPoP ${token}` },
      { authorization: `DPoP ${token}`, dpop: await thief.prove('GET', url, token) },
      { authorization: `DPoP ${token}`, dpop: await proofKey.prove('POST', url, token) },
      { authorization: `DPoP ${token}`, dpop: await proofKey.prove('GET', `${url}/1`, token) },
      { authorization: `DPoP ${token}`, dpop: await proofKey.prove('GET', url, 'other') },
      { authorization: `DPoP ${token}`, dpop: await proofKey.prove('GET', url) },
    ]
    for (const headers of refused) {
      const answer = await call(headers)
      expect(answer.statusCode).toBe(401)
      expect(answer.headers['www-authenticate']).toMatch(/^DPoP /)
    }
    const plain = await sign('d')
    const dpop = await proofKey.prove('GET', url, plain)
    expect((await call({ authorization: `DPoP ${plain}`, dpop })).statusCode).toBe(401)
  })
})

describe('tokens bound to a certificate (RFC 8705)', () => {
  const settings = {
    RATE_LIMIT_PER_SECOND: 1e4,
    RATE_LIMIT_BURST: 1e4,
    RATE_LIMIT_PER_ADDRESS: 1e4,
  }
  const plain = { TLS_CERT: '', TLS_KEY: '', TLS_CLIENT_CA: '', CLIENT_CERT_HEADER: '' }
  const thumbprint = (name: string) =>
    hash('sha256', new X509Certificate(pem(`${name}.pem`)).raw as never, 'base64url')
  const boundTo = (name: string) => sign('d', { cnf: { 'x5t#S256': thumbprint(name) } })

  it('are good over a connection with that certificate only', async () => {
    const tls = {
      TLS_CERT: pem('server.pem'),
      TLS_KEY: pem('server.key'),
      TLS_CLIENT_CA: pem('ca.pem'),
    }
    const app = await build({ protection: protectionOf({ ...settings, ...plain, ...tls }) })
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as AddressInfo
    const get = (token: string, name?: string) =>
      new Promise((resolve, reject) => {
        const identity = name && { cert: pem(`${name}.pem`), key: pem(`${name}.key`) }
        const headers = { authorization: `Bearer ${token}` }
        const options = {
          port,
          path: '/v1/things',
          ca: pem('ca.pem'),
          agent: false as const,
          headers,
        }
        httpsRequest({ host: '127.0.0.1', ...options, ...identity }, (response) =>
          resolve(response.resume().statusCode),
        )
          .on('error', reject)
          .end()
      })
    const token = await boundTo('client')
    expect(await get(token, 'client')).toBe(200)
    expect(await get(token)).toBe(401)
    expect(await get(token, 'other')).toBe(401)
    // Nobody who is trusted has signed it.
    expect(await get(await boundTo('stranger'), 'stranger')).toBe(401)
    expect(await get(await sign('d'))).toBe(200)
  })

  it('behind a proxy are good with the header, where the setting names one', async () => {
    const der = new X509Certificate(pem('client.pem')).raw.toString('base64')
    const headers = async () => ({
      authorization: `Bearer ${await boundTo('client')}`,
      'client-cert': `:${der}:`,
    })
    const on = await build({
      protection: protectionOf({ ...settings, ...plain, CLIENT_CERT_HEADER: 'Client-Cert' }),
    })
    expect((await on.inject({ url: '/v1/things', headers: await headers() })).statusCode).toBe(200)
    const broken = { ...(await headers()), 'client-cert': ':AAAA:' }
    expect((await on.inject({ url: '/v1/things', headers: broken })).statusCode).toBe(401)
    const off = await build()
    expect((await off.inject({ url: '/v1/things', headers: await headers() })).statusCode).toBe(401)
  })

  it('need TLS settings that belong together', () => {
    expect(() => protectionOf({ ...settings, ...plain, TLS_CERT: 'x' })).toThrow('go together')
    expect(() => protectionOf({ ...settings, ...plain, TLS_CLIENT_CA: 'x' })).toThrow('needs both')
  })
})
