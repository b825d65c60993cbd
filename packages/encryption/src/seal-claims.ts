import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'

import { decrypt, encrypt } from './aes-gcm.ts'

const KEY_BYTES = 32

/** A new data key of one license: 32 random bytes. */
export function newDataKey(): Buffer {
  return randomBytes(KEY_BYTES)
}

/** What a value belongs to; bound to it, so that no value can be put in the place of another. */
export type ValuePlace = { licenseId: string; version: number; field: string }

const textOf = ({ licenseId, version, field }: ValuePlace) => `${licenseId}|${version}|${field}`

/** Encrypts one JSON value with a license's data key: `v1.<base64url>`. */
export function sealValue(dataKey: Uint8Array, place: ValuePlace, value: unknown): string {
  const plain = Buffer.from(JSON.stringify(value))
  return `v1.${encrypt(dataKey, plain, textOf(place)).toString('base64url')}`
}

/** @throws EncryptionUnavailableError when it is of another place or key, or was changed. */
export function openValue(dataKey: Uint8Array, place: ValuePlace, sealed: string): unknown {
  const bytes = Buffer.from(sealed.slice('v1.'.length), 'base64url')
  return JSON.parse(decrypt(dataKey, bytes, textOf(place)).toString('utf8'))
}

/**
 * Keyed hash (HMAC-SHA-256, base64url) of a value in the form it is compared in. With a license's data
 * key it compares one license, and dies with the key; with a key of the exchange it searches all.
 * @param use what the hash is for: hashes of different uses cannot be compared.
 */
export function hashValue(key: Uint8Array, use: string, comparable: string): string {
  const derived = Buffer.from(
    hkdfSync('sha256', key, Buffer.alloc(0), `lexchange ${use}`, KEY_BYTES),
  )
  return createHmac('sha256', derived).update(comparable).digest('base64url')
}

/** In a time that does not depend on where two hashes differ. */
export function hashesEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
