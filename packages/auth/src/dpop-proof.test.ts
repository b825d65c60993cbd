import { hash } from 'node:crypto'

import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'

import { checkDpopProof, createProofKey, type ProofKey } from './dpop-proof.ts'
import { createUsedProofs, PROOF_AHEAD, PROOF_SECONDS } from './used-proofs.ts'

const URL_OF_CHECK = 'https://verification.example/v1/verifications'
const TOKEN = 'an.access.token'
const ath = hash('sha256', TOKEN, 'base64url')
let proofKey: ProofKey
let keys: { privateKey: CryptoKey; jwk: JWK; privateJwk: JWK; jkt: string }

beforeAll(async () => {
  proofKey = await createProofKey()
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(publicKey)
  const privateJwk = await exportJWK(privateKey)
  keys = { privateKey, jwk, privateJwk, jkt: await calculateJwkThumbprint(jwk) }
})

function check(
  proof: string | string[] | undefined,
  changes: object = {},
  useProof = createUsedProofs(),
) {
  const request = { method: 'POST', url: URL_OF_CHECK, token: TOKEN, jkt: proofKey.thumbprint }
  return checkDpopProof(proof, { ...request, ...changes }, { useProof })
}

/** A proof by `keys` with anything in it changed. */
function sign(claims: object = {}, header: object = {}) {
  const now = Math.floor(Date.now() / 1000)
  const all = { htm: 'POST', htu: URL_OF_CHECK, ath, iat: now, jti: crypto.randomUUID(), ...claims }
  return new SignJWT(all)
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: keys.jwk, ...header })
    .sign(keys.privateKey)
}

describe('checkDpopProof', () => {
  it('takes the proof of the key, for the request and the token', async () => {
    const proof = await proofKey.prove('POST', `${URL_OF_CHECK}?a=1#b`, TOKEN)
    await expect(check(proof)).resolves.toBeUndefined()
    const other = await sign({ htu: 'HTTPS://verification.example:443/v1/verifications?x=1' })
    await expect(check(other, { jkt: keys.jkt })).resolves.toBeUndefined()
  })

  it('takes each once', async () => {
    const proof = await proofKey.prove('POST', URL_OF_CHECK, TOKEN)
    const used = createUsedProofs()
    await check(proof, {}, used)
    await expect(check(proof, {}, used)).rejects.toThrow('was used before')
  })

  it('refuses one of another key, method, URL, token or time', async () => {
    const now = Math.floor(Date.now() / 1000)
    const jkt = keys.jkt
    const proof = await proofKey.prove('POST', URL_OF_CHECK, TOKEN)
    await expect(check(proof, { jkt })).rejects.toThrow('another key')
    await expect(check(proof, { method: 'GET' })).rejects.toThrow('another method')
    await expect(check(proof, { url: `${URL_OF_CHECK}/x` })).rejects.toThrow('another URL')
    await expect(check(proof, { token: 'stolen' })).rejects.toThrow('another access token')
    for (const claims of [
      { iat: now - PROOF_SECONDS - 5 },
      { iat: now + PROOF_AHEAD + 5 },
      { iat: undefined },
      { jti: undefined },
      { jti: 7 },
      { jti: 'x'.repeat(300) },
      { htu: '/v1/verifications' },
      { htu: undefined },
      { ath: undefined },
      { exp: now - 10 },
    ])
      await expect(
        check(await sign(claims), { jkt }),
        JSON.stringify(claims),
      ).rejects.toMatchObject({
        code: 'dpop-proof-invalid',
      })
  })

  it('refuses what is no proof', async () => {
    const good = await sign()
    const refused = [
      undefined,
      '',
      'nonsense',
      [good, good],
      `${good.slice(0, -4)}AAAA`,
      'x'.repeat(5000),
      await sign({}, { typ: 'JWT' }),
      await sign({}, { jwk: undefined }),
      await sign({}, { jwk: keys.privateJwk }),
      await sign({}, { jwk: { kty: 'oct', k: 'c2VjcmV0' } }),
    ]
    for (const proof of refused)
      await expect(check(proof, { jkt: keys.jkt })).rejects.toMatchObject({
        code: 'dpop-proof-invalid',
      })
  })
})

describe('createUsedProofs', () => {
  it('remembers an id for as long as its proof is good, and no longer than that twice', () => {
    let now = 0
    const use = createUsedProofs(() => now)
    const good = (PROOF_SECONDS + PROOF_AHEAD) * 1000
    expect(use('a')).toBe(true)
    now = good
    expect(use('b')).toBe(true)
    expect(use('a')).toBe(false)
    now = 2 * good
    expect([use('a'), use('b')]).toEqual([true, false])
    now = 9 * good
    expect(use('b')).toBe(true)
  })

  it('takes no more proofs rather than forgetting one', () => {
    let now = 0
    const use = createUsedProofs(() => now, 2)
    expect([use('a'), use('b')]).toEqual([true, true])
    expect(() => use('c')).toThrow('More DPoP proofs')
    expect(use('a')).toBe(false)
    now = 65_000
    expect(use('c')).toBe(true)
  })
})
