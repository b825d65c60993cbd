import { createPublicKey, type KeyObject } from 'node:crypto'

import { CredentialError } from './credential.errors.ts'
import { isJsonObject } from './strict-json.ts'

/** A public key on P-256 (RFC 7518, 6.2.1). */
export type EcPublicJwk = {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
}

const COORDINATE = /^[A-Za-z0-9_-]{43}$/

/**
 * The four members that make the key; a private `d` and all others are left out.
 * @throws CredentialError `holder-key-malformed`
 */
export function requireP256Jwk(jwk: unknown): EcPublicJwk {
  if (!isJsonObject(jwk) || jwk.kty !== 'EC' || jwk.crv !== 'P-256') {
    throw new CredentialError('holder-key-malformed', 'Not a public key on P-256')
  }
  const { x, y } = jwk
  if (
    typeof x !== 'string' ||
    typeof y !== 'string' ||
    !COORDINATE.test(x) ||
    !COORDINATE.test(y)
  ) {
    throw new CredentialError('holder-key-malformed', 'Not a public key on P-256')
  }
  return { kty: 'EC', crv: 'P-256', x, y }
}

/** @throws CredentialError `holder-key-malformed`, also for a point that is not on the curve */
export function importP256(jwk: unknown): KeyObject {
  const key = requireP256Jwk(jwk)
  try {
    return createPublicKey({ key, format: 'jwk' })
  } catch {
    throw new CredentialError('holder-key-malformed', 'Not a point on P-256')
  }
}
