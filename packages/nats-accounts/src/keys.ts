import { createHmac } from 'node:crypto'

import { fromSeed, type KeyPair } from '@nats-io/nkeys'

const PREFIXES = { account: 0, user: 20 << 3 } as const
const SEED = 18 << 3
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/**
 * A key that is derived from a secret: whoever has the secret finds it again, so that it need not be kept.
 * @param name what the key is for; different names give keys that tell nothing about each other.
 */
export function deriveKey(secret: string, kind: 'account' | 'user', name: string): KeyPair {
  const raw = createHmac('sha256', Buffer.from(secret, 'base64')).update(`${kind} ${name}`).digest()
  return fromSeed(Buffer.from(encodeSeed(PREFIXES[kind], raw)))
}

export function textOf(key: KeyPair): string {
  return Buffer.from(key.getSeed()).toString()
}

export function keyOf(seed: string): KeyPair {
  return fromSeed(Buffer.from(seed))
}

/** A seed as nkeys writes it: prefixes, 32 bytes and a CRC in base32. */
function encodeSeed(prefix: number, raw: Uint8Array): string {
  const body = Buffer.concat([Buffer.from([SEED | (prefix >> 5), (prefix & 31) << 3]), raw])
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
