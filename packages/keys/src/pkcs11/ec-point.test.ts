import { createECDH, ECDH } from 'node:crypto'
import { describe, expect, it } from 'vitest'

import { toPublicJwk } from './ec-point.ts'

const point = createECDH('prime256v1').generateKeys()

describe('toPublicJwk', () => {
  it('reads a point in an OCTET STRING and a bare one', () => {
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      x: point.toString('base64url', 1, 33),
      y: point.toString('base64url', 33),
    }
    expect(toPublicJwk(Buffer.concat([Buffer.from('0441', 'hex'), point]))).toEqual(jwk)
    expect(toPublicJwk(point)).toEqual(jwk)
  })

  it('refuses a compressed point, one of another curve, and none', () => {
    const compressed = ECDH.convertKey(point, 'prime256v1', undefined, undefined, 'compressed')
    const larger = createECDH('secp384r1').generateKeys()
    for (const each of [compressed as Buffer, larger, Buffer.alloc(0), point.subarray(1)])
      expect(() => toPublicJwk(each)).toThrow('no uncompressed point')
  })
})
