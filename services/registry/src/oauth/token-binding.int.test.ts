import { X509Certificate } from 'node:crypto'

import { createProofKey, createTokenClient } from '@lexchange/auth'
import { waitFor } from '@lexchange/testing'
import { decodeJwt, generateKeyPair, importJWK, type JWK } from 'jose'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { CERTIFICATE } from '../../test/certificate.ts'
import { startRegistry, type TestRegistry } from '../../test/start-registry.ts'

const CLIENT = 'tax-department'
const DER = new X509Certificate(CERTIFICATE).raw.toString('base64')
const certificate = { 'client-cert': `:${DER}:` }
const thumbprint = Buffer.from(
  new X509Certificate(CERTIFICATE).fingerprint256.replaceAll(':', ''),
  'hex',
).toString('base64url')
let registry: TestRegistry
let endpoint: string

beforeAll(async () => {
  registry = await startRegistry({ CLIENT_CERT_HEADER: 'Client-Cert' })
  endpoint = `${registry.base}/oauth/token`
})
afterAll(() => registry.stop())

async function ask(headers: Record<string, string> = {}) {
  const answer = await registry.askToken(
    {
      client_id: CLIENT,
      scope: 'license:read',
      client_assertion: await registry.assertion(CLIENT),
    },
    headers,
  )
  return { status: answer.statusCode, body: answer.json() }
}

async function requireBinding(tokenBinding: 'dpop' | 'mtls' | 'either' | null) {
  const answer = await registry.app.inject({
    method: 'PATCH',
    url: `/v1/clients/${CLIENT}`,
    headers: { authorization: await registry.admin() },
    payload: { tokenBinding },
  })
  expect(answer.statusCode).toBe(200)
  return answer.json()
}

const read = (headers: Record<string, string>, url = '/v1/licenses/nothing') =>
  registry.app.inject({ url, headers })

describe('requestToken with a proof of possession', () => {
  it('binds the token to the key, for a client library that knows RFC 9449', async () => {
    const options = { [oauth.allowInsecureRequests]: true }
    const issuer = new URL(registry.base)
    const server = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oauth2' }),
    )
    expect(server.dpop_signing_alg_values_supported).toContain('ES256')
    const client = { client_id: CLIENT }
    const key = (await importJWK(registry.keys[CLIENT] as JWK, 'ES256')) as CryptoKey
    const pair = await generateKeyPair('ES256')
    const DPoP = oauth.DPoP({}, pair)
    const answer = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      oauth.PrivateKeyJwt({ key, kid: CLIENT }),
      { scope: 'license:read' },
      { ...options, DPoP },
    )
    const token = await oauth.processClientCredentialsResponse(server, client, answer)
    expect(token.token_type).toBe('dpop')
    expect(decodeJwt(token.access_token).cnf).toEqual({ jkt: await DPoP.calculateThumbprint() })
    const url = new URL(`${registry.base}/v1/licenses/nothing`)
    const resource = await oauth.protectedResourceRequest(
      token.access_token,
      'GET',
      url,
      undefined,
      undefined,
      { ...options, DPoP },
    )
    // It was let in: there is no such license.
    expect([resource.status, (await resource.json()).type]).not.toEqual([401, expect.anything()])
    const stolen = await read({ authorization: `Bearer ${token.access_token}` })
    expect([stolen.statusCode, stolen.json().type]).toEqual([
      401,
      'urn:lexchange:problem:token-binding-required',
    ])
  })

  it('works with the token client of this exchange', async () => {
    const proofKey = await createProofKey()
    const token = await createTokenClient({
      tokenEndpoint: endpoint,
      issuer: registry.base,
      clientId: CLIENT,
      privateKey: registry.keys[CLIENT] as JWK,
      scopes: ['license:read'],
      proofKey,
    })()
    expect(decodeJwt(token).cnf).toEqual({ jkt: proofKey.thumbprint })
    const url = `${registry.base}/v1/licenses/nothing`
    const dpop = await proofKey.prove('GET', url, token)
    const headers = { authorization: `DPoP ${token}`, dpop }
    expect((await read(headers)).statusCode).not.toBe(401)
    expect((await read(headers)).json().type).toBe('urn:lexchange:problem:dpop-proof-invalid')
  })

  it('takes a proof once, for itself, whatever Host a request has', async () => {
    const proofKey = await createProofKey()
    const dpop = await proofKey.prove('POST', endpoint)
    expect((await ask({ dpop, host: 'evil.example' })).status).toBe(200)
    const replayed = await ask({ dpop })
    expect([replayed.status, replayed.body.error]).toEqual([400, 'invalid_dpop_proof'])
    for (const [method, url] of [
      ['GET', endpoint],
      ['POST', 'http://evil.example/oauth/token'],
    ] as const) {
      const refused = await ask({ dpop: await proofKey.prove(method, url), host: 'evil.example' })
      expect([refused.status, refused.body.error]).toEqual([400, 'invalid_dpop_proof'])
    }
    expect((await ask({ dpop: 'nonsense' })).body.error).toBe('invalid_dpop_proof')
  })
})

describe('requestToken over a connection with a certificate', () => {
  it('binds the token to it', async () => {
    const { status, body } = await ask(certificate)
    expect([status, body.token_type]).toEqual([200, 'Bearer'])
    expect(decodeJwt(body.access_token).cnf).toEqual({ 'x5t#S256': thumbprint })
    const authorization = `Bearer ${body.access_token}`
    expect((await read({ authorization, ...certificate })).statusCode).not.toBe(401)
    expect((await read({ authorization })).statusCode).toBe(401)
  })
})

describe('a client that must bind its tokens', () => {
  it('gets no other ones, and those that it has stop working within a second', async () => {
    const unbound = `Bearer ${(await ask()).body.access_token}`
    expect((await read({ authorization: unbound })).statusCode).not.toBe(401)
    expect(await requireBinding('dpop')).toMatchObject({ tokenBinding: 'dpop' })
    await waitFor(async () => (await read({ authorization: unbound })).statusCode === 401)
    const proofKey = await createProofKey()
    const proof = async () => ({ dpop: await proofKey.prove('POST', endpoint) })
    expect((await ask()).body.error).toBe('invalid_dpop_proof')
    expect((await ask(certificate)).body.error).toBe('invalid_dpop_proof')
    expect((await ask(await proof())).status).toBe(200)

    await requireBinding('mtls')
    expect((await ask()).body.error).toBe('invalid_request')
    expect((await ask(await proof())).body.error).toBe('invalid_request')
    expect((await ask(certificate)).status).toBe(200)

    await requireBinding('either')
    expect((await ask()).body.error).toBe('invalid_request')
    expect((await ask(certificate)).status).toBe(200)
    expect((await ask(await proof())).status).toBe(200)

    expect(await requireBinding(null)).not.toHaveProperty('tokenBinding')
    expect((await ask()).status).toBe(200)
  })
})
