import type { FailureCode } from './credential.errors.ts'

export type CheckName =
  | 'signature'
  | 'issuer'
  | 'validity'
  | 'status'
  | 'disclosures'
  | 'holder-binding'
  | 'match'

/** `not-checkable`: something needed is missing, which says nothing about the credential. */
export type CheckResult = 'pass' | 'fail' | 'not-checkable' | 'skipped'

/** Codes of checks beside those of failures. */
export type CheckCode =
  | FailureCode
  | 'signature-valid'
  | 'signature-invalid'
  | 'signature-not-verified'
  | 'key-unknown'
  | 'key-compromised'
  | 'key-not-yet-valid'
  | 'validity-valid'
  | 'credential-expired'
  | 'credential-not-yet-valid'
  | 'disclosures-valid'
  | 'holder-binding-valid'
  | 'holder-binding-not-requested'
  | 'holder-binding-missing'
  | 'holder-key-missing'
  | 'key-binding-signature-invalid'
  | 'key-binding-audience-mismatch'
  | 'key-binding-nonce-mismatch'
  | 'key-binding-hash-mismatch'
  | 'key-binding-too-old'
  | 'key-binding-in-future'
  | 'issuer-entitled'
  | 'issuer-unknown'
  | 'issuer-not-entitled'
  | 'issuer-scope-unknown'
  | 'status-valid'
  | 'status-invalid'
  | 'status-suspended'
  | 'status-value-unknown'
  | 'status-not-referenced'
  | 'status-list-missing'
  | 'status-list-mismatch'
  | 'status-list-expired'
  | 'status-list-later'
  | 'status-list-unavailable'

/** One check; each stands alone, and `code` is stable. `detail` is for people and names no claim. */
export type Check<Name extends CheckName = CheckName> = {
  readonly check: Name
  readonly result: CheckResult
  readonly code: CheckCode
  readonly detail: string
}

export type CredentialVerdict = 'valid' | 'invalid' | 'indeterminate'

/**
 * What checks add up to: any failure makes `invalid`, else anything that could not be checked makes
 * `indeterminate`. `match` never counts. Without a signature that holds nothing is `valid`.
 */
export function credentialVerdict(checks: readonly Check[]): CredentialVerdict {
  const counting = checks.filter(({ check }) => check !== 'match')
  if (counting.some(({ result }) => result === 'fail')) return 'invalid'
  if (counting.some(({ result }) => result === 'not-checkable')) return 'indeterminate'
  const signed = counting.some(({ check, result }) => check === 'signature' && result === 'pass')
  return signed ? 'valid' : 'indeterminate'
}

/** Makes a check. They are many and alike, so they are frozen and made once where they can be. */
export function check<Name extends CheckName>(
  name: Name,
  result: CheckResult,
  code: CheckCode,
  detail: string,
): Check<Name> {
  return Object.freeze({ check: name, result, code, detail })
}
