import type { PublicJwk } from '../key-provider.ts'

const COORDINATE = 32
/** Begins a point whose two coordinates follow (SEC 1, 2.3.3). */
const UNCOMPRESSED = 0x04
const POINT = 1 + 2 * COORDINATE
const OCTET_STRING = 0x04

/**
 * @param ecPoint CKA_EC_POINT: the point in a DER OCTET STRING (PKCS #11 Current Mechanisms 2.40, 2.3.3);
 * some tokens leave the point bare.
 */
export function toPublicJwk(ecPoint: Uint8Array): PublicJwk {
  const wrapped =
    ecPoint.length === POINT + 2 && ecPoint[0] === OCTET_STRING && ecPoint[1] === POINT
  const point = Buffer.from(wrapped ? ecPoint.subarray(2) : ecPoint)
  if (point.length !== POINT || point[0] !== UNCOMPRESSED)
    throw new Error('The token gave a public key that is no uncompressed point on P-256')
  return {
    kty: 'EC',
    crv: 'P-256',
    x: point.subarray(1, 1 + COORDINATE).toString('base64url'),
    y: point.subarray(1 + COORDINATE).toString('base64url'),
  }
}
