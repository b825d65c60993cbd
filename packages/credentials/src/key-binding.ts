import { type Check, type CheckCode, check } from './checks.ts'
import { attempt, CredentialError } from './credential.errors.ts'
import { UNVERIFIED } from './credential-read.ts'
import { digestOf } from './disclosure.ts'
import { importP256 } from './jwk.ts'
import { completeJws, draftJws, type Jws, parseJws, verifyJws } from './jws.ts'
import { isJsonObject } from './strict-json.ts'
import { type Time, toSeconds } from './time.ts'
import type { VerifiedCredential } from './verified-credential.ts'

/** What a verifier asked the holder to sign. */
export type KeyBindingExpectation = {
  readonly aud: string
  readonly nonce: string
  /** Seconds since `iat`; 300 when left out. */
  readonly maxAge?: number
  /** Seconds that `iat` may lie in the future; 60 when left out. */
  readonly clockSkew?: number
}

const KEY_BINDING_TYP = 'kb+jwt'

/**
 * Adds a KB-JWT (RFC 9901, 4.3) to a presentation.
 * @param sign makes an ES256 signature of 64 bytes with the key of the holder.
 * @throws CredentialError `credential-malformed` when the presentation has one already
 */
export function createKeyBinding(
  presentation: string,
  { aud, nonce, iat }: { readonly aud: string; readonly nonce: string; readonly iat: Time },
  sign: (data: Uint8Array) => Uint8Array,
): string {
  if (!presentation.endsWith('~')) {
    throw new CredentialError('credential-malformed', 'The presentation does not end with ~')
  }
  const payload = { iat: toSeconds(iat), aud, nonce, sd_hash: digestOf(presentation) }
  const draft = draftJws({ typ: KEY_BINDING_TYP }, payload)
  return presentation + completeJws(draft, sign(Buffer.from(draft.signingInput, 'latin1')))
}

const NOT_REQUESTED = check(
  'holder-binding',
  'skipped',
  'holder-binding-not-requested',
  'No proof of the holder was asked for',
)

/**
 * Checks that the holder presents it: RFC 9901, 7.3. Without an expectation nothing is proven, but a
 * KB-JWT that is there must still hold.
 */
export function checkHolderBinding(
  credential: VerifiedCredential,
  expected: KeyBindingExpectation | undefined,
  now: Time,
): Check<'holder-binding'> {
  const { parts } = credential[UNVERIFIED]
  if (parts.keyBinding === undefined) {
    if (expected === undefined) return NOT_REQUESTED
    return failed('holder-binding-missing', 'The KB-JWT that was asked for is missing')
  }
  const { cnf } = credential.signed
  if (!isJsonObject(cnf) || cnf.jwk === undefined) {
    return failed('holder-key-missing', 'The credential names no key of a holder')
  }
  const keyBinding = parts.keyBinding
  const read = attempt(() => ({
    jws: parseJws(keyBinding, { typ: KEY_BINDING_TYP, malformed: 'key-binding-malformed' }),
    key: importP256(cnf.jwk),
  }))
  if (!read.ok) return failed(read.code, read.detail)
  const { jws, key } = read.value
  if (!verifyJws(jws, key)) {
    return failed('key-binding-signature-invalid', 'The signature of the holder does not hold')
  }
  if (jws.payload.sd_hash !== digestOf(parts.presented)) {
    return failed('key-binding-hash-mismatch', 'The KB-JWT belongs to another presentation')
  }
  if (expected === undefined) return NOT_REQUESTED
  return checkFreshness(jws, expected, toSeconds(now))
}

function checkFreshness(
  { payload }: Jws,
  { aud, nonce, maxAge = 300, clockSkew = 60 }: KeyBindingExpectation,
  now: number,
): Check<'holder-binding'> {
  const { iat } = payload
  if (typeof iat !== 'number' || !Number.isFinite(iat)) {
    return failed('key-binding-malformed', 'iat is no number')
  }
  if (payload.aud !== aud) {
    return failed('key-binding-audience-mismatch', 'The KB-JWT is for another verifier')
  }
  if (payload.nonce !== nonce) {
    return failed('key-binding-nonce-mismatch', 'The KB-JWT has another nonce')
  }
  if (iat > now + clockSkew) return failed('key-binding-in-future', 'Its time is in the future')
  if (iat < now - maxAge) return failed('key-binding-too-old', 'The KB-JWT is too old')
  return check('holder-binding', 'pass', 'holder-binding-valid', 'The holder presented it')
}

function failed(code: CheckCode, detail: string): Check<'holder-binding'> {
  return check('holder-binding', 'fail', code, detail)
}
