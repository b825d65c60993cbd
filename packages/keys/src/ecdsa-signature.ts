/** Bytes of one of the two numbers of a signature on P-256. */
const NUMBER = 32
const SEQUENCE = 0x30
const INTEGER = 0x02

/**
 * From the form of JOSE (R || S, RFC 7518, 3.4) to that of OpenSSL (Ecdsa-Sig-Value, RFC 3279, 2.2.3).
 * @param signature 64 bytes.
 */
export function toDer(signature: Uint8Array): Uint8Array {
  const r = magnitudeAt(signature, 0)
  const s = magnitudeAt(signature, NUMBER)
  // At most 2 * (2 + 33), so each length is one byte.
  const der = new Uint8Array(6 + r.length + s.length)
  der[0] = SEQUENCE
  der[1] = 4 + r.length + s.length
  writeInteger(der, 2, r)
  writeInteger(der, 4 + r.length, s)
  return der
}

type Magnitude = { readonly bytes: Uint8Array; readonly length: number }

/** Without leading zeros; one byte longer where the highest bit would make it negative. */
function magnitudeAt(signature: Uint8Array, offset: number): Magnitude {
  const end = offset + NUMBER
  let start = offset
  while (start < end - 1 && signature[start] === 0) start++
  const bytes = signature.subarray(start, end)
  return { bytes, length: bytes.length + ((bytes[0] as number) >> 7) }
}

function writeInteger(der: Uint8Array, offset: number, { bytes, length }: Magnitude): void {
  der[offset] = INTEGER
  der[offset + 1] = length
  der.set(bytes, offset + 2 + length - bytes.length)
}

/**
 * From the form of OpenSSL to that of JOSE.
 * @throws RangeError when it is not the only DER of two numbers that 256 bits can hold.
 */
export function fromDer(der: Uint8Array): Uint8Array {
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2) throw malformed()
  const signature = new Uint8Array(2 * NUMBER)
  const next = readInteger(der, 2, signature, NUMBER)
  const end = readInteger(der, next, signature, 2 * NUMBER)
  if (end !== der.length) throw malformed()
  return signature
}

/** Copies the number at `offset` so that it ends at `end`; gives where the next element begins. */
function readInteger(der: Uint8Array, offset: number, into: Uint8Array, end: number): number {
  const length = der[offset + 1] as number
  const next = offset + 2 + length
  if (der[offset] !== INTEGER || !(length > 0) || next > der.length) throw malformed()
  let start = offset + 2
  const first = der[start] as number
  if (first > 0x7f) throw malformed()
  if (first === 0 && length > 1) {
    // A zero in front is only there to keep the number positive.
    if ((der[start + 1] as number) <= 0x7f) throw malformed()
    start++
  }
  if (next - start > NUMBER) throw malformed()
  into.set(der.subarray(start, next), end - (next - start))
  return next
}

function malformed(): RangeError {
  return new RangeError('Not the DER of an ECDSA signature on P-256')
}
