import {
  type DerivedStatus,
  findLicenseType,
  type StatusInterval,
  statusOf,
  type Verdict,
  verdictOf,
} from '@lexchange/license'

import { FieldUnknownError } from './verification.errors.ts'
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
    validFrom: boundText(validFrom),
    validUntil: validUntil === null ? null : boundText(validUntil),
  }
}

/** What each code says, in words for a person. */
const DETAILS = {
  'no-credential': 'Not asked for: no credential was presented',
  'license-unknown': 'No such license was issued by then',
  'within-validity': 'The time lies within the period of validity',
  expired: 'The period of validity was over',
  'not-yet-valid': 'The period of validity had not begun',
  'status-active': 'The license was active',
  'status-suspended': 'The license was suspended',
  'status-revoked': 'The license was revoked',
  'status-cancelled': 'The license was cancelled',
  'all-match': 'Every field has the expected value',
} as const

function checked(
  check: Check['check'],
  result: Check['result'],
  code: keyof typeof DETAILS,
): Check {
  return { check, result, code, detail: DETAILS[code] }
}

const BOUND_TEXTS = 10_000
const boundTexts = new Map<number, string>()

/** Validities begin and end with a day, so few texts serve all licenses. */
function boundText(time: number): string {
  let found = boundTexts.get(time)
  if (found === undefined) {
    if (boundTexts.size >= BOUND_TEXTS) boundTexts.clear()
    found = new Date(time).toISOString()
    boundTexts.set(time, found)
  }
  return found
}

const skipped = (check: Check['check']) => checked(check, 'skipped', 'no-credential')

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
    checkStoredStatus(interval),
    skipped('disclosures'),
    skipped('holder-binding'),
    ...(match ? [checkMatch(match)] : []),
  ]
}

function checkValidity(interval: StatusInterval | undefined, at: number): Check {
  if (!interval) return checked('validity', 'not-checkable', 'license-unknown')
  const { validFrom, validUntil } = interval
  if (validUntil !== null && at >= validUntil) return checked('validity', 'fail', 'expired')
  if (at < validFrom) return checked('validity', 'fail', 'not-yet-valid')
  return checked('validity', 'pass', 'within-validity')
}

export function checkStoredStatus(interval: StatusInterval | undefined): Check {
  if (!interval) return checked('status', 'not-checkable', 'license-unknown')
  const { status } = interval
  return checked('status', status === 'active' ? 'pass' : 'fail', `status-${status}`)
}

export function checkMatch(match: Record<string, boolean>): Check {
  const failed = Object.keys(match).filter((field) => !match[field])
  if (failed.length === 0) return checked('match', 'pass', 'all-match')
  return {
    check: 'match',
    result: 'fail',
    code: 'mismatch',
    detail: `No match: ${failed.join(', ')}`,
  }
}

type Asked = Pick<VerificationRequest, 'match' | 'disclose'>

/** Refuses fields that licenses of this type do not have. */
export function requireKnownFields(type: string, asked: Asked): void {
  const classification = findLicenseType(type)?.classification ?? {}
  for (const { field, pointer } of fieldsOf(asked))
    if (!Object.hasOwn(classification, field)) throw new FieldUnknownError(field, type, pointer)
}

function fieldsOf({ match, disclose }: Asked) {
  return [
    ...Object.keys(match ?? {}).map((field) => ({ field, pointer: `/match/${field}` })),
    ...(disclose ?? []).map((field, index) => ({ field, pointer: `/disclose/${index}` })),
  ]
}
