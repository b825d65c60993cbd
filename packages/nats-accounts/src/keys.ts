import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'

import { fromSeed, type KeyPair } from '@nats-io/nkeys'

const PREFIXES = { account: 0, user: 20 << 3 } as const
const SEED = 18 << 3
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/**
 * A key that is derived from a secret: whoever has the secret finds it again, so that it need not be kept.
 * @param name what the key is for; different names give keys that tell nothing about each other.
 */
export function deriveKey(secret: string, kind: 'account' | 'user', name: string): KeyPair {
  return fromSeed(Buffer.from(encodeSeed(PREFIXES[kind], deriveRaw(secret, kind, name))))
}

/** The public part of such a key; nkeys' own implementation needs 20 ms for each. */
export function derivePublicKey(secret: string, kind: 'account' | 'user', name: string): string {
  const publicKey = createPublicKey(privateKeyOf(deriveRaw(secret, kind, name)))
  const { x = '' } = publicKey.export({ format: 'jwk' })
  return checked(Buffer.concat([Buffer.from([PREFIXES[kind]]), Buffer.from(x, 'base64url')]))
}

function deriveRaw(secret: string, kind: string, name: string): Buffer {
  return createHmac('sha256', Buffer.from(secret, 'base64')).update(`${kind} ${name}`).digest()
}

export function textOf(key: KeyPair): string {
  return Buffer.from(key.getSeed()).toString()
}

export function keyOf(seed: string): KeyPair {
  return fromSeed(Buffer.from(seed))
}

/** An Ed25519 key in PKCS #8, before its 32 bytes (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * A key that signs what may be long: nkeys' own implementation needs 0.2 s for each MB, and nothing else is
 * answered meanwhile.
 */
export function signerOf(seed: string): KeyPair {
  const key = keyOf(seed) as KeyPair & { getRawSeed(): Uint8Array }
  const privateKey = privateKeyOf(key.getRawSeed())
  const fast = { sign: (input: Uint8Array) => new Uint8Array(sign(null, input, privateKey)) }
  return Object.assign(Object.create(key) as KeyPair, fast)
}

function privateKeyOf(raw: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8, raw]), format: 'der', type: 'pkcs8' })
}

/** A seed as nkeys writes it: prefixes, 32 bytes and a CRC in base32. */
function encodeSeed(prefix: number, raw: Uint8Array): string {
  return checked(Buffer.concat([Buffer.from([SEED | (prefix >> 5), (prefix & 31) << 3]), raw]))
}

function checked(body: Uint8Array): string {
  const crc = Buffer.alloc(2)
  crc.writeUInt16LE(crc16(body))
  return base32(Buffer.concat([body, crc]))
}

/** CRC-16/XMODEM. */
function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++)
      crc = ((crc & 0x8000) !== 0 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff
  }
  return crc
}

function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff
    bits += 8
    for (; bits >= 5; bits -= 5) text += ALPHABET[(value >> (bits - 5)) & 31]
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text
}
