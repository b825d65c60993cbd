import { type KeyObject, sign, verify } from 'node:crypto'

import { fromDer, toDer } from './ecdsa-signature.ts'

/** Bytes of an ES256 signature. */
const SIGNATURE = 64

// `dsaEncoding: 'ieee-p1363'` would spare the conversion, but Node.js 24 signs at half the speed with it
// and verifies at two thirds.

/**
 * ES256 (RFC 7518, 3.4).
 * @param privateKey a key on P-256.
 * @param data what is signed; it is hashed here (SHA-256).
 * @returns 64 bytes, R || S.
 */
export function signEs256(privateKey: KeyObject, data: Uint8Array): Uint8Array {
  return fromDer(sign('sha256', data, privateKey))
}

/**
 * ES256 (RFC 7518, 3.4).
 * @param publicKey a key on P-256.
 * @param signature R || S; anything but 64 bytes is not a signature.
 */
export function verifyEs256(
  publicKey: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  return signature.length === SIGNATURE && verify('sha256', data, publicKey, toDer(signature))
}
