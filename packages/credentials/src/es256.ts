import { type KeyObject, sign, verify } from 'node:crypto'

const HALF = 32

/**
 * ES256 (RFC 7518, 3.4): ECDSA on P-256 with SHA-256.
 * @param signature r and s as 64 bytes; any other length, or a key that is not on P-256, is false.
 */
export function verifyEs256(
  publicKey: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== 2 * HALF || !isP256(publicKey)) return false
  // The option dsaEncoding would do this conversion, at half the speed.
  return verify('sha256', data, publicKey, toDer(signature))
}

/**
 * Signs by ES256 and returns r and s as 64 bytes.
 * @throws TypeError when the key is not a private key on P-256.
 */
export function signEs256(privateKey: KeyObject, data: Uint8Array): Buffer {
  if (!isP256(privateKey)) throw new TypeError('ES256 needs a key on P-256')
  return fromDer(sign('sha256', data, privateKey))
}

/** To ask a key for its curve takes longer than to remember the answer. */
const onP256 = new WeakSet<KeyObject>()

// A public key of RSA or an HMAC secret never meets ES256: no confusion of algorithms.
function isP256(key: KeyObject): boolean {
  if (onP256.has(key)) return true
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return false
  onP256.add(key)
  return true
}

/** SEQUENCE of two INTEGERs, each as short as possible (X.690, 8.3 and 10.1). */
function toDer(signature: Uint8Array): Buffer {
  const der = Buffer.allocUnsafe(2 * HALF + 8)
  const middle = writeInteger(signature, 0, der, 2)
  const end = writeInteger(signature, HALF, der, middle)
  der[0] = 0x30
  der[1] = end - 2
  return der.subarray(0, end)
}

function writeInteger(from: Uint8Array, at: number, der: Buffer, offset: number): number {
  let first = at
  const last = at + HALF - 1
  while (first < last && from[first] === 0) first += 1
  let position = offset + 2
  // A leading bit would be the sign.
  if ((from[first] as number) & 0x80) der[position++] = 0
  while (first <= last) der[position++] = from[first++] as number
  der[offset] = 0x02
  der[offset + 1] = position - offset - 2
  return position
}

function fromDer(der: Buffer): Buffer {
  const signature = Buffer.alloc(2 * HALF)
  const lengthOfR = der[3] as number
  copyInteger(der.subarray(4, 4 + lengthOfR), signature, HALF)
  copyInteger(der.subarray(6 + lengthOfR), signature, 2 * HALF)
  return signature
}

function copyInteger(integer: Buffer, signature: Buffer, end: number): void {
  const digits = integer.subarray(Math.max(0, integer.length - HALF))
  digits.copy(signature, end - digits.length)
}
