import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import fc from 'fast-check'
import { CompactSign, compactVerify } from 'jose'
import { describe, expect, it } from 'vitest'

import { signEs256, verifyEs256 } from './index.ts'

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const data = fc.uint8Array({ maxLength: 500 })
const p1363 = (key: KeyObject) => ({ key, dsaEncoding: 'ieee-p1363' as const })

/** A compact JWS whose signing input and signature can be told apart. */
function split(jws: string) {
  const dot = jws.lastIndexOf('.')
  return {
    input: Buffer.from(jws.slice(0, dot)),
    signature: Buffer.from(jws.slice(dot + 1), 'base64url'),
  }
}

describe('signEs256', () => {
  it('signs what the P1363 form of node:crypto verifies', () => {
    fc.assert(
      fc.property(data, (each) => {
        const signature = signEs256(pair.privateKey, each)
        expect(signature).toHaveLength(64)
        expect(verify('sha256', each, p1363(pair.publicKey), signature)).toBe(true)
      }),
    )
  })

  it('signs what jose verifies', async () => {
    await fc.assert(
      fc.asyncProperty(data, async (each) => {
        const payload = Buffer.from(each).toString('base64url')
        const input = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.${payload}`
        const signature = Buffer.from(signEs256(pair.privateKey, Buffer.from(input)))
        const jws = `${input}.${signature.toString('base64url')}`
        const { payload: verified } = await compactVerify(jws, pair.publicKey)
        expect(Buffer.from(verified).equals(each)).toBe(true)
      }),
    )
  })

  it('refuses a key that is not on P-256', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    expect(() => signEs256(privateKey, Buffer.from('x'))).toThrow(RangeError)
  })
})

describe('verifyEs256', () => {
  it('takes what jose signs', async () => {
    await fc.assert(
      fc.asyncProperty(data, async (each) => {
        const jws = await new CompactSign(each)
          .setProtectedHeader({ alg: 'ES256' })
          .sign(pair.privateKey)
        const { input, signature } = split(jws)
        expect(verifyEs256(pair.publicKey, input, signature)).toBe(true)
      }),
    )
  })

  it('takes what the P1363 form of node:crypto signs', () => {
    fc.assert(
      fc.property(data, (each) => {
        const signature = sign('sha256', each, p1363(pair.privateKey))
        expect(verifyEs256(pair.publicKey, each, signature)).toBe(true)
        expect(verifyEs256(other.publicKey, each, signature)).toBe(false)
      }),
    )
  })

  it('refuses every signature with another bit', () => {
    const signed = Buffer.from('signed')
    const signature = signEs256(pair.privateKey, signed)
    for (let bit = 0; bit < 512; bit++) {
      const changed = signature.map((byte, index) =>
        index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte,
      )
      expect(verifyEs256(pair.publicKey, signed, changed)).toBe(false)
    }
  })

  it('refuses other lengths, zeros, and numbers beyond the order of the curve', () => {
    const signed = Buffer.from('signed')
    const signature = signEs256(pair.privateKey, signed)
    const refused = [
      new Uint8Array(0),
      signature.subarray(0, 63),
      Buffer.concat([signature, Buffer.alloc(1)]),
      sign('sha256', signed, pair.privateKey),
      new Uint8Array(64),
      Buffer.concat([Buffer.alloc(32), signature.subarray(32)]),
      Buffer.concat([signature.subarray(0, 32), Buffer.alloc(32)]),
      new Uint8Array(64).fill(0xff),
    ]
    for (const each of refused) expect(verifyEs256(pair.publicKey, signed, each)).toBe(false)
  })
})
