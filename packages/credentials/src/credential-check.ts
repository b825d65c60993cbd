import { type Check, type CheckName, check } from './checks.ts'
import { type CredentialReading, UNVERIFIED } from './credential-read.ts'
import type { FindKey } from './issuer-signature.ts'
import { checkHolderBinding, type KeyBindingExpectation } from './key-binding.ts'
import { type Time, toSeconds } from './time.ts'
import {
  checkSignature,
  type SignatureOutcome,
  type VerifiedCredential,
} from './verified-credential.ts'

export type CredentialQuestion = {
  readonly findKey: FindKey
  /** The time that `validity` is asked for. */
  readonly at: Time
  /** The time that a KB-JWT is compared with; `at` when left out. */
  readonly now?: Time
  readonly keyBinding?: KeyBindingExpectation | undefined
  /** What `checkSignature` said before of the same reading, while keys have not changed. */
  readonly signature?: SignatureOutcome | undefined
}

export type CredentialChecks = {
  /** `signature`, `validity`, `disclosures`, `holder-binding`, in this order. */
  readonly checks: readonly Check[]
  /** Only when the signature holds. */
  readonly credential?: VerifiedCredential
}

/**
 * The checks that need the credential and keys alone. They are independent, but behind a signature that
 * does not hold nothing is worth a look: the others are `skipped`.
 */
export function checkCredential(
  reading: CredentialReading,
  question: CredentialQuestion,
): CredentialChecks {
  const signature = question.signature ?? checkSignature(reading, question.findKey)
  const { credential } = signature
  if (credential === undefined) return { checks: [signature.check, ...AFTER_NO_SIGNATURE] }
  const { at, now = at, keyBinding } = question
  return {
    checks: [
      signature.check,
      checkValidity(credential, at),
      checkDisclosures(credential),
      checkHolderBinding(credential, keyBinding, now),
    ],
    credential,
  }
}

/** A check that was left out because no signature holds. */
export function skipUnsigned<Name extends CheckName>(name: Name): Check<Name> {
  return check(name, 'skipped', 'signature-not-verified', 'No signature vouches for the content')
}

const AFTER_NO_SIGNATURE = [
  skipUnsigned('validity'),
  skipUnsigned('disclosures'),
  skipUnsigned('holder-binding'),
]

const IN_FORCE = check('validity', 'pass', 'validity-valid', 'The time lies in its validity')
const EXPIRED = check('validity', 'fail', 'credential-expired', 'The credential has expired')
const TOO_EARLY = check(
  'validity',
  'fail',
  'credential-not-yet-valid',
  'The credential is not yet valid',
)
const DISCLOSED = check(
  'disclosures',
  'pass',
  'disclosures-valid',
  'Each disclosure belongs to exactly one digest',
)

/** `[nbf, exp)` of RFC 7519: at `exp` it has expired. */
export function checkValidity(credential: VerifiedCredential, at: Time): Check<'validity'> {
  const time = toSeconds(at)
  const { notBefore, expires } = credential
  if (expires !== undefined && time >= expires) return EXPIRED
  return notBefore !== undefined && time < notBefore ? TOO_EARLY : IN_FORCE
}

/** Whether the disclosures obey RFC 9901, 7.1, each to the letter. */
export function checkDisclosures(credential: VerifiedCredential): Check<'disclosures'> {
  const { placed } = credential[UNVERIFIED]
  return placed.ok ? DISCLOSED : check('disclosures', 'fail', placed.code, placed.detail)
}
