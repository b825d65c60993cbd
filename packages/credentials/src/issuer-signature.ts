import type { KeyObject } from 'node:crypto'

import { type Check, check } from './checks.ts'
import { type Jws, verifyJws } from './jws.ts'

/** A key of an issuer. Times in seconds since 1970. */
export type IssuerKey = {
  readonly key: KeyObject
  /** From then on whatever it signed is distrusted. */
  readonly revokedAt?: number | undefined
  readonly notBefore?: number | undefined
}

/** Finds the key that an issuer published under a `kid`; undefined when it is not known. */
export type FindKey = (issuer: string, kid: string) => IssuerKey | undefined

const VALID = check('signature', 'pass', 'signature-valid', 'The signature of the issuer holds')
const INVALID = check('signature', 'fail', 'signature-invalid', 'The signature does not hold')
const UNNAMED = check('signature', 'not-checkable', 'key-unknown', 'It names no issuer or no key')
const UNKNOWN = check('signature', 'not-checkable', 'key-unknown', 'The key is not known')
const COMPROMISED = check(
  'signature',
  'fail',
  'key-compromised',
  'The key was compromised before it signed this',
)
const TOO_EARLY = check('signature', 'fail', 'key-not-yet-valid', 'The key was not yet in use then')

/** Whether a key of that issuer made the signature, at a time when the key was good. */
export function checkIssuerSignature(
  jws: Jws,
  issuer: string | undefined,
  findKey: FindKey,
): Check<'signature'> {
  if (issuer === undefined || jws.kid === undefined) return UNNAMED
  const found = findKey(issuer, jws.kid)
  if (found === undefined) return UNKNOWN
  if (!verifyJws(jws, found.key)) return INVALID
  const { iat } = jws.payload
  const { revokedAt, notBefore } = found
  // Who has the key can write any iat, so one that is missing is as bad as a late one.
  if (revokedAt !== undefined && !(typeof iat === 'number' && iat < revokedAt)) return COMPROMISED
  if (notBefore !== undefined && typeof iat === 'number' && iat < notBefore) return TOO_EARLY
  return VALID
}
