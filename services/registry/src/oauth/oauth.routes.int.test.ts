import { createTokenVerifier } from '@lexchange/auth'
import { exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startRegistry, type TestRegistry } from '../../test/start-registry.ts'

let registry: TestRegistry
const CLIENT = 'tax-department'

beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry.stop())

async function ask(changes: object = {}, form: Record<string, string> = {}, key?: JWK) {
  const client_assertion = await registry.assertion(CLIENT, changes, key)
  const answer = await registry.askToken({
    client_id: CLIENT,
    scope: 'license:read',
    client_assertion,
    ...form,
  })
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
}

describe('requestToken', () => {
  it('gives a JWT that every service accepts by the published keys alone', async () => {
    const { status, body, headers } = await ask({}, { scope: 'license:verify license:read' })
    expect(status).toBe(200)
    expect(headers['cache-control']).toBe('no-store')
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 600 })
    const verifier = createTokenVerifier(registry.base)
    verifier.useKeys((await registry.app.inject('/oauth/jwks')).json())
    const client = await verifier.verify(`Bearer ${body.access_token}`)
    expect(client).toMatchObject({ clientId: CLIENT, kind: 'department', departmentId: 'tax' })
    expect([...client.scopes].sort()).toEqual(['license:read', 'license:verify'])
  })

  it('grants of the scopes asked for those that are allowed', async () => {
    expect((await ask({}, { scope: 'license:read license:issue nonsense' })).body.scope).toBe(
      'license:read',
    )
    const none = await ask({}, { scope: 'license:issue' })
    expect([none.status, none.body.error]).toEqual([400, 'invalid_scope'])
    const unnamed = await ask({}, { scope: '' })
    expect([unnamed.status, unnamed.body.error]).toEqual([400, 'invalid_scope'])
  })

  it('takes an assertion for the token endpoint, without kid, signed EdDSA', async () => {
    const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true })
    const created = await registry.app.inject({
      method: 'POST',
      url: '/v1/clients',
      headers: { authorization: await registry.admin() },
      payload: {
        clientId: 'ed',
        name: 'Ed',
        kind: 'department',
        departmentId: 'tax',
        scopes: ['license:read'],
        publicKeyJwk: await exportJWK(publicKey),
      },
    })
    expect(created.statusCode).toBe(201)
    const key = await exportJWK(privateKey)
    const aud = [`${registry.base}/oauth/token`, 'https://elsewhere.example']
    const client_assertion = await registry.assertion('ed', { aud }, key)
    const answer = await registry.askToken({
      client_id: 'ed',
      scope: 'license:read',
      client_assertion,
    })
    expect(answer.statusCode).toBe(200)
  })

  it('takes an assertion once', async () => {
    const jti = crypto.randomUUID()
    const answers = await Promise.all([ask({ jti }), ask({ jti }), ask({ jti })])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401])
    expect((await ask({ jti })).body.error).toBe('invalid_client')
  })

  it('refuses assertions that do not hold as invalid_client', async () => {
    const now = Math.floor(Date.now() / 1000)
    const wrongKey = (await registry.keyPair('other')).privateJwk
    const refused = [
      await ask({ exp: now - 60 }),
      await ask({ exp: now + 400 }),
      await ask({ aud: 'https://elsewhere.example' }),
      await ask({ iss: 'administrator-1' }),
      await ask({ jti: undefined }),
      await ask({ iat: undefined }),
      await ask({}, {}, wrongKey),
    ]
    for (const { status, body } of refused)
      expect([status, body.error]).toEqual([401, 'invalid_client'])
  })

  it('refuses unknown clients, other grants, other ways and broken forms by RFC 6749', async () => {
    const key = registry.keys[CLIENT] as JWK
    const unknown = await registry.askToken({
      client_id: 'nobody',
      scope: 'license:read',
      client_assertion: await registry.assertion('nobody', {}, key),
    })
    expect([unknown.statusCode, unknown.json().error]).toEqual([401, 'invalid_client'])
    expect((await ask({}, { grant_type: 'authorization_code' })).body.error).toBe(
      'unsupported_grant_type',
    )
    expect((await ask({}, { client_id: 'administrator-1' })).body.error).toBe('invalid_request')
    expect((await ask({}, { resource: 'https://elsewhere.example' })).body.error).toBe(
      'invalid_target',
    )
    for (const payload of ['', '%', '{"grant_type":1}']) {
      const answer = await registry.app.inject({
        method: 'POST',
        url: '/oauth/token',
        headers: { 'content-type': payload === '' ? 'text/plain' : 'application/json' },
        payload,
      })
      expect([answer.statusCode, answer.json().error]).toEqual([400, 'invalid_request'])
    }
    const basic = await registry.askToken(
      { scope: 'license:read' },
      { authorization: `Basic ${Buffer.from(`${CLIENT}:x`).toString('base64')}` },
    )
    expect([basic.statusCode, basic.json().error]).toEqual([401, 'invalid_client'])
    expect((await registry.app.inject('/oauth/token')).statusCode).toBe(404)
    expect((await registry.app.inject('/oauth/auth')).statusCode).toBe(404)
  })

  it('names itself by its setting, whatever Host a request has', async () => {
    const answer = await registry.app.inject({
      url: '/.well-known/oauth-authorization-server',
      headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
    })
    expect(answer.json()).toMatchObject({
      issuer: registry.base,
      token_endpoint: `${registry.base}/oauth/token`,
    })
    const aud = 'http://evil.example/oauth/token'
    const client_assertion = await registry.assertion(CLIENT, { aud })
    const refused = await registry.askToken(
      { client_id: CLIENT, scope: 'license:read', client_assertion },
      { host: 'evil.example' },
    )
    expect(refused.statusCode).toBe(401)
  })

  it('works with an OAuth client library that knows nothing of it', async () => {
    const options = { [oauth.allowInsecureRequests]: true }
    const issuer = new URL(registry.base)
    const server = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oauth2' }),
    )
    const key = (await importJWK(registry.keys[CLIENT] as JWK, 'ES256')) as CryptoKey
    const client = { client_id: CLIENT }
    const answer = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      oauth.PrivateKeyJwt({ key, kid: CLIENT }),
      { scope: 'license:read' },
      options,
    )
    const token = await oauth.processClientCredentialsResponse(server, client, answer)
    expect(token.scope).toBe('license:read')
  })

  it('gives nothing to a client that is suspended, or whose organisation is', async () => {
    const authorization = await registry.admin()
    const change = (url: string, state: string) =>
      registry.app.inject({ method: 'PATCH', url, headers: { authorization }, payload: { state } })
    for (const url of ['/v1/clients/tax-department', '/v1/departments/tax']) {
      expect((await change(url, 'suspended')).statusCode).toBe(200)
      const refused = await ask()
      expect([refused.status, refused.body.error]).toEqual([401, 'invalid_client'])
      expect((await change(url, 'active')).statusCode).toBe(200)
      expect((await ask()).status).toBe(200)
    }
  })
})
