import { createTokenVerifier } from '@lexchange/auth'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { Type } from 'typebox'
import { beforeAll, describe, expect, it } from 'vitest'

import { createHttpServer, DEFAULT_PROTECTION, type HttpServer } from './index.ts'

const ISSUER = 'http://127.0.0.1:7002'
type Operation = { operationId: string; summary: string; responses: object }

let app: HttpServer
let token: string
let narrow: string

async function build() {
  const verifier = createTokenVerifier(ISSUER)
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  verifier.useKeys({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }] })
  const sign = (scope: string) =>
    new SignJWT({ client_id: 'c', kind: 'authority', scope })
      .setProtectedHeader({ alg: 'ES256', kid: 'k', typ: 'at+jwt' })
      .setIssuer(ISSUER)
      .setAudience('urn:lexchange:api')
      .setSubject('c')
      .setJti('1')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey)
  const tokens = { token: await sign('thing:write'), narrow: await sign('thing:read') }
  const server = await createHttpServer({
    protection: DEFAULT_PROTECTION,
    name: 'test',
    title: 'Test',
    description: 'Test',
    version: '1',
    publicUrl: 'http://127.0.0.1:1',
    tokenUrl: `${ISSUER}/oauth/token`,
    log: pino({ level: 'silent' }),
    verifier,
    metrics: new Registry(),
    health: { up: () => {}, down: () => Promise.reject(new Error('is away')) },
    bodyLimit: 1000,
  })
  server.post(
    '/v1/things/:id',
    {
      config: { scope: 'thing:write' },
      schema: {
        operationId: 'writeThing',
        summary: 'Write',
        params: Type.Object({ id: Type.Integer() }),
        body: Type.Object(
          { name: Type.String(), 'a/b': Type.Optional(Type.Object({ c: Type.Integer() })) },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ id: Type.Integer() }) },
      },
    },
    async (request) => {
      if (request.body.name === 'boom') throw new Error('secret internals')
      return { id: request.params.id }
    },
  )
  server.get(
    '/v1/either',
    {
      config: { scope: ['thing:admin', 'thing:read'] },
      schema: {
        operationId: 'readEither',
        summary: 'Read',
        querystring: Type.Object({ q: Type.Optional(Type.String()) }),
        response: { 200: Type.Null() },
      },
    },
    async () => null,
  )
  return { server, ...tokens }
}

beforeAll(async () => {
  ;({ server: app, token, narrow } = await build())
})

const post = (url: string, payload: unknown, authorization = `Bearer ${token}`) =>
  app.inject({ method: 'POST', url, payload: payload as object, headers: { authorization } })

describe('createHttpServer', () => {
  it('does not start with a route that declares no scope', async () => {
    const { server } = await build()
    expect(() => server.get('/v1/open', async () => 'x')).toThrow('declares no scope')
  })

  it('tells 401 and 403 apart, before it looks at anything else', async () => {
    const none = await app.inject({ method: 'POST', url: '/v1/things/not-a-number' })
    expect(none.statusCode).toBe(401)
    expect(none.headers['content-type']).toContain('application/problem+json')
    expect(none.headers['www-authenticate']).toContain('invalid_token')
    expect((await post('/v1/things/x', {}, 'Bearer nonsense')).statusCode).toBe(401)
    const forbidden = await post('/v1/things/x', {}, `Bearer ${narrow}`)
    expect(forbidden.statusCode).toBe(403)
    expect(forbidden.json()).toMatchObject({
      type: 'urn:lexchange:problem:insufficient-scope',
      title: 'Insufficient scope',
      status: 403,
      instance: '/v1/things/x',
      scope: 'thing:write',
    })
  })

  it('opens a route of several scopes with any of them', async () => {
    const get = (value: string) =>
      app.inject({ url: '/v1/either', headers: { authorization: `Bearer ${value}` } })
    expect((await get(narrow)).statusCode).toBe(200)
    const refused = await get(token)
    expect([refused.statusCode, refused.json().scope]).toEqual([403, 'thing:admin'])
    const { paths } = (await app.inject('/openapi.json')).json()
    expect(paths['/v1/either'].get.security).toEqual([
      { bearer: [] },
      { dpop: [] },
      { oauth2: ['thing:admin'] },
      { oauth2: ['thing:read'] },
    ])
  })

  it('answers 401 without a token and 404 with one for what does not exist', async () => {
    expect((await app.inject('/v1/nothing')).statusCode).toBe(401)
    const missing = await app.inject({
      url: '/v1/nothing',
      headers: { authorization: `Bearer ${token}` },
    })
    expect(missing.statusCode).toBe(404)
    expect((await app.inject('/nothing')).json().type).toBe('urn:lexchange:problem:route-not-found')
    expect((await app.inject('/v1/%ff')).statusCode).toBe(401)
    const undecodable = await app.inject({
      url: '/v1/%ff',
      headers: { authorization: `Bearer ${token}` },
    })
    expect(undecodable.json()).toMatchObject({
      type: 'urn:lexchange:problem:request-malformed',
      status: 400,
    })
  })

  it('points at what does not fit the schema', async () => {
    const { errors, status } = (await post('/v1/things/1', { name: 'n', 'a/b': {} })).json()
    expect(status).toBe(400)
    expect(errors).toEqual([{ pointer: '/a~1b/c', detail: "must have required property 'c'" }])
    expect((await post('/v1/things/1', { name: 1 })).json().errors[0].pointer).toBe('/name')
    expect((await post('/v1/things/1', { name: 'n', more: 1 })).json().errors[0].pointer).toBe(
      '/more',
    )
    expect((await post('/v1/things/x', { name: 'n' })).json().errors[0].detail).toContain(
      '(params)',
    )
    expect((await post('/v1/things/7', { name: 'n' })).json()).toEqual({ id: 7 })
  })

  it('refuses a NUL in a path or a query, which no database takes', async () => {
    const inPath = await post('/v1/things/%00', { name: 'n' })
    const headers = { authorization: `Bearer ${narrow}` }
    const inQuery = await app.inject({ url: '/v1/either?q=a%00b', headers })
    for (const answer of [inPath, inQuery]) {
      expect(answer.statusCode).toBe(400)
      expect(answer.json().errors[0].detail).toContain('NUL')
    }
  })

  it('refuses bodies that are broken, too large or of another type', async () => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const broken = await app.inject({
      method: 'POST',
      url: '/v1/things/1',
      headers,
      payload: '{"a',
    })
    expect([broken.statusCode, broken.json().type]).toEqual([
      400,
      'urn:lexchange:problem:request-malformed',
    ])
    const large = await post('/v1/things/1', { name: 'x'.repeat(1001) })
    expect([large.statusCode, large.json().limit]).toEqual([413, 1000])
    const xml = await app.inject({
      method: 'POST',
      url: '/v1/things/1',
      headers: { ...headers, 'content-type': 'text/xml' },
      payload: '<a/>',
    })
    expect(xml.statusCode).toBe(415)
  })

  it('keeps what it did not expect to itself', async () => {
    const answer = await post('/v1/things/1', { name: 'boom' })
    expect(answer.statusCode).toBe(500)
    expect(answer.body).not.toContain('secret internals')
  })

  it('names the dependency that keeps it from being ready', async () => {
    const answer = await app.inject('/health/ready')
    expect(answer.statusCode).toBe(503)
    expect(answer.json().dependencies).toEqual({
      up: { status: 'up' },
      down: { status: 'down', detail: 'is away' },
    })
    expect((await app.inject('/health/live')).json()).toEqual({ status: 'live', service: 'test' })
  })

  it('documents every operation with its scope and problems, and shows the page offline', async () => {
    const document = (await app.inject('/openapi.json')).json()
    expect(document.openapi).toBe('3.1.0')
    for (const methods of Object.values<Record<string, Operation>>(document.paths))
      for (const operation of Object.values(methods)) {
        expect(operation.operationId).toBeTruthy()
        expect(operation.summary).toBeTruthy()
        expect(Object.keys(operation.responses).length).toBeGreaterThan(1)
      }
    const { responses, security } = document.paths['/v1/things/{id}'].post
    expect(Object.keys(responses)).toEqual([
      ...['200', '400', '401', '403', '413', '415', '429', '500', '503'],
    ])
    expect(Object.keys(responses[413].content)).toEqual(['application/problem+json'])
    expect(security).toEqual([{ bearer: [] }, { dpop: [] }, { oauth2: ['thing:write'] }])
    const page = await app.inject('/docs/')
    expect(page.statusCode).toBe(200)
    expect(page.body).not.toMatch(/src="https?:/)
    expect((await app.inject('/metrics')).body).toContain(
      'http_request_duration_seconds_count{method="GET",route="/openapi.json",status="200"}',
    )
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/metrics', '/health/live', '/openapi.json', '/problems/{slug}']),
    )
    expect(page.body).toContain('swagger')
  })
})
