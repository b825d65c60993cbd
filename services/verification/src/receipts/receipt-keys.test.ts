import { verifyReceipt } from '@lexchange/credentials'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'

import { loadConfig } from '../config.ts'
import { createReceiptSigner } from './create-receipt-signer.ts'

let old: JWK
let current: JWK

beforeAll(async () => {
  ;[old, current] = (await Promise.all(['old', 'current'].map(newKey))) as [JWK, JWK]
})

async function newKey(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), kid }
}

const publicPart = ({ d: _d, ...rest }: JWK): JWK => rest
const signer = (...keys: JWK[]) => createReceiptSigner({ keys: keys as never })
const body = { jti: 'one', iat: 1_795_000_000 }

/** The settings of the service as main.ts loads them, before anything else happens. */
const load = (value: unknown) => () =>
  loadConfig({
    PORT: '7003',
    PUBLIC_URL: 'http://127.0.0.1:7003',
    TOKEN_ISSUER: 'http://127.0.0.1:7002',
    NATS_SERVERS: 'nats://127.0.0.1:4222',
    REGISTRY_URL: 'http://127.0.0.1:7002',
    CLIENT_KEY: '{}',
    DATA_DIR: '/tmp/none',
    CLAIM_KEYRING: '/tmp/none/claim-keyring.json',
    RECEIPT_KEYS: typeof value === 'string' ? value : JSON.stringify(value),
  })

describe('the keys of receipts', () => {
  it('sign with the first private one, and stay published', () => {
    const { sign, jwks } = signer(publicPart(old), current)
    expect(jwks.keys.map(({ kid }) => kid)).toEqual(['old', 'current'])
    const checked = verifyReceipt(sign(body), jwks as never)
    expect(checked.ok && checked.value.kid).toBe('current')
    const before = signer(old).sign(body)
    expect(verifyReceipt(before, jwks as never).ok).toBe(true)
    const both = signer(old, current)
    expect(verifyReceipt(both.sign(body), { keys: [publicPart(current)] as never }).ok).toBe(false)
    expect(verifyReceipt(both.sign(body), { keys: [publicPart(old)] as never }).ok).toBe(true)
  })

  it('publish no private part, whatever members a key has', () => {
    const odd = { ...old, k: 'secret-k', p: 'secret-p', priv: 'secret', revoked: { revoked_at: 7 } }
    const { jwks } = signer(current, odd as JWK)
    const { kty, crv, x, y, kid } = old
    expect(jwks.keys[1]).toEqual({
      ...{ kty, crv, x, y, kid, revoked: { revoked_at: 7 }, alg: 'ES256', use: 'sig' },
    })
    const text = JSON.stringify(jwks)
    for (const secret of [old.d, current.d, 'secret']) expect(text).not.toContain(secret)
  })

  it('must be there, or the service does not start', () => {
    expect(load({ keys: [old, current] })().RECEIPT_KEYS.keys).toHaveLength(2)
    expect(load({ keys: [publicPart(old), publicPart(current)] })).toThrow('no private key')
    expect(load({ keys: [] })).toThrow('no private key')
    expect(load('')).toThrow('RECEIPT_KEYS: is not set')
    for (const value of ['{"keys', '{}', '{"keys":{}}', '{"keys":[{}]}'])
      expect(load(value)).toThrow('RECEIPT_KEYS')
    const unnamed = { ...old, kid: undefined }
    expect(load({ keys: [unnamed] })).toThrow('no kid')
    expect(load({ keys: [{ ...old, crv: 'P-384' }] })).toThrow('not on P-256')
    expect(load({ keys: [old, { ...current, kid: 'old' }] })).toThrow('two keys of one kid')
    for (const d of ['nonsense', String(current.d), ''])
      expect(load({ keys: [{ ...old, d }] })).toThrow('RECEIPT_KEYS')
  })
})
