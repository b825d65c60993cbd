import {
  type Claims,
  claimsMatch,
  type DerivedStatus,
  findLicenseType,
  type StatusInterval,
  statusOf,
  type Verdict,
  verdictOf,
} from '@lexchange/license'

import { FieldNotGrantedError, FieldUnknownError } from './verification.errors.ts'
import type { Check, VerificationRequest } from './verification.schemas.ts'

/** What is said of a license at T. */
export type Standing = {
  verdict: Verdict
  status: DerivedStatus
  version: number | null
  validFrom: string | null
  validUntil: string | null
}

const UNKNOWN: Standing = Object.freeze({
  verdict: 'unknown',
  status: 'unknown',
  version: null,
  validFrom: null,
  validUntil: null,
})

export function standingAt(interval: StatusInterval | undefined, at: number): Standing {
  if (!interval) return UNKNOWN
  const { version, validFrom, validUntil } = interval
  const status = statusOf(interval, at)
  return {
    verdict: verdictOf(status),
    status,
    version,
    validFrom: new Date(validFrom).toISOString(),
    validUntil: validUntil === null ? null : new Date(validUntil).toISOString(),
  }
}

const skipped = (check: Check['check']): Check => ({
  check,
  result: 'skipped',
  code: 'no-credential',
})

/** Each check by itself: what is stored, and what time alone says. */
export function checksAt(
  interval: StatusInterval | undefined,
  at: number,
  match: Record<string, boolean> | undefined,
): Check[] {
  return [
    skipped('signature'),
    skipped('issuer'),
    checkValidity(interval, at),
    checkStatus(interval),
    skipped('disclosures'),
    skipped('holder-binding'),
    ...(match ? [checkMatch(match)] : []),
  ]
}

function checkValidity(interval: StatusInterval | undefined, at: number): Check {
  const check = 'validity'
  if (!interval) return { check, result: 'not-checkable', code: 'license-unknown' }
  const { validFrom, validUntil } = interval
  if (validUntil !== null && at >= validUntil) return { check, result: 'fail', code: 'expired' }
  if (at < validFrom) return { check, result: 'fail', code: 'not-yet-valid' }
  return { check, result: 'pass', code: 'within-validity' }
}

function checkStatus(interval: StatusInterval | undefined): Check {
  const check = 'status'
  if (!interval) return { check, result: 'not-checkable', code: 'license-unknown' }
  const { status } = interval
  return { check, result: status === 'active' ? 'pass' : 'fail', code: `status-${status}` }
}

function checkMatch(match: Record<string, boolean>): Check {
  const check = 'match'
  const failed = Object.keys(match).filter((field) => !match[field])
  if (failed.length === 0) return { check, result: 'pass', code: 'all-match' }
  return { check, result: 'fail', code: 'mismatch', detail: `No match: ${failed.join(', ')}` }
}

/**
 * Refuses fields that are not public, whatever the license; then fields that its type does not have.
 * A type that the catalogue does not have has no fields to refuse.
 */
export function requireFields(
  type: string | undefined,
  { match, disclose }: Pick<VerificationRequest, 'match' | 'disclose'>,
): void {
  const classification = type === undefined ? undefined : findLicenseType(type)?.classification
  if (type === undefined || !classification) return
  const asked = [
    ...Object.keys(match ?? {}).map((field) => ({ field, pointer: `/match/${field}` })),
    ...(disclose ?? []).map((field, index) => ({ field, pointer: `/disclose/${index}` })),
  ]
  const classOf = (field: string) =>
    Object.hasOwn(classification, field) ? classification[field] : undefined
  for (const { field } of asked) {
    const found = classOf(field)
    if (found !== undefined && found !== 'public') throw new FieldNotGrantedError(field)
  }
  for (const { field, pointer } of asked)
    if (classOf(field) === undefined) throw new FieldUnknownError(field, type, pointer)
}

/** Which of the expected values are those of the claims; of a license that is unknown, none. */
export function matchClaims(
  expected: Readonly<Record<string, unknown>>,
  claims: Claims,
): Record<string, boolean> {
  const fields = Object.entries(expected)
  return Object.fromEntries(
    fields.map(([field, value]) => [field, claimsMatch(value, claimOf(claims, field))]),
  )
}

/** The values of the claims asked for, null where there is none. */
export function discloseClaims(fields: readonly string[], claims: Claims): Claims {
  return Object.fromEntries(fields.map((field) => [field, claimOf(claims, field) ?? null]))
}

function claimOf(claims: Claims, field: string): unknown {
  return Object.hasOwn(claims, field) ? claims[field] : undefined
}
