import { hash, randomBytes } from 'node:crypto'

import { encodeBase64url } from './base64url.ts'
import { CredentialError } from './credential.errors.ts'
import { parseEncodedJson } from './strict-json.ts'

/** Returns that many unpredictable bytes; tests give fixed ones. */
export type RandomSource = (bytes: number) => Uint8Array

/** A claim that the holder may show (RFC 9901, 4.2). */
export type Disclosure = {
  readonly encoded: string
  readonly digest: string
  /** Undefined for an element of an array. */
  readonly name: string | undefined
  readonly value: unknown
}

/** RFC 9901, 9.3: 128 bits. */
const SALT_BYTES = 16

export function digestOf(text: string): string {
  return hash('sha256', text, 'base64url')
}

export function createDisclosure(
  name: string,
  value: unknown,
  random: RandomSource = randomBytes,
): Disclosure {
  const salt = encodeBase64url(random(SALT_BYTES))
  const encoded = encodeBase64url(JSON.stringify([salt, name, value]))
  return { encoded, digest: digestOf(encoded), name, value }
}

/** A digest that no disclosure belongs to, so that the number of claims stays hidden (RFC 9901, 4.2.5). */
export function createDecoy(random: RandomSource = randomBytes): string {
  return digestOf(encodeBase64url(random(2 * SALT_BYTES)))
}

/** @throws CredentialError `disclosure-malformed`, `too-deep` */
export function parseDisclosure(encoded: string): Disclosure {
  const parts = parseEncodedJson(encoded, 'disclosure-malformed')
  if (!Array.isArray(parts) || typeof parts[0] !== 'string') {
    throw new CredentialError(
      'disclosure-malformed',
      'A disclosure is an array that starts by a salt',
    )
  }
  const digest = digestOf(encoded)
  if (parts.length === 2) return { encoded, digest, name: undefined, value: parts[1] }
  if (parts.length !== 3 || typeof parts[1] !== 'string') {
    throw new CredentialError(
      'disclosure-malformed',
      'A disclosure is [salt, name, value] or [salt, value]',
    )
  }
  return { encoded, digest, name: parts[1], value: parts[2] }
}
