import { createSecretKey, generateKeyPairSync, verify } from 'node:crypto'
import { CompactSign, compactVerify } from 'jose'
import { describe, expect, it } from 'vitest'

import { signEs256, verifyEs256 } from './es256.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

describe('verifyEs256 and signEs256', () => {
  it('agree with jose in both directions', async () => {
    for (let round = 0; round < 200; round += 1) {
      const payload = Buffer.from(`payload ${round}`)
      const theirs = await new CompactSign(payload)
        .setProtectedHeader({ alg: 'ES256' })
        .sign(privateKey)
      const [header, body, signature] = theirs.split('.') as [string, string, string]
      const input = Buffer.from(`${header}.${body}`)
      expect(verifyEs256(publicKey, input, Buffer.from(signature, 'base64url'))).toBe(true)
      const ours = `${header}.${body}.${signEs256(privateKey, input).toString('base64url')}`
      await expect(compactVerify(ours, publicKey)).resolves.toBeDefined()
    }
  })

  it('agree with node:crypto when r or s begin with zeros', () => {
    const data = Buffer.from('data')
    let short = 0
    for (let round = 0; round < 3_000; round += 1) {
      const signature = signEs256(privateKey, data)
      expect(signature).toHaveLength(64)
      if (signature[0] !== 0 && signature[32] !== 0) continue
      short += 1
      expect(verifyEs256(publicKey, data, signature)).toBe(true)
      const key = { key: publicKey, dsaEncoding: 'ieee-p1363' as const }
      expect(verify('sha256', data, key, signature)).toBe(true)
    }
    expect(short).toBeGreaterThan(0)
  })

  it('refuse r and s of zero, of all ones, and of another length', () => {
    const data = Buffer.from('data')
    expect(verifyEs256(publicKey, data, Buffer.alloc(64))).toBe(false)
    expect(verifyEs256(publicKey, data, Buffer.alloc(64, 255))).toBe(false)
    expect(verifyEs256(publicKey, data, signEs256(privateKey, data).subarray(0, 63))).toBe(false)
    expect(verifyEs256(publicKey, data, Buffer.alloc(0))).toBe(false)
    expect(verifyEs256(publicKey, data, Buffer.alloc(72))).toBe(false)
  })

  it('know no key but one on P-256', () => {
    const data = Buffer.from('data')
    const signature = signEs256(privateKey, data)
    const others = [
      generateKeyPairSync('ec', { namedCurve: 'P-384' }),
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ]
    for (const other of others) {
      expect(verifyEs256(other.publicKey, data, signature)).toBe(false)
      expect(() => signEs256(other.privateKey, data)).toThrow(TypeError)
    }
    expect(verifyEs256(createSecretKey(data), data, signature)).toBe(false)
  })
})
