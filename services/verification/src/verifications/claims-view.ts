import { timingSafeEqual } from 'node:crypto'

import { hashesEqual, hashValue, openValue, type ValuePlace } from '@lexchange/encryption'
import { type Claims, comparableClaim } from '@lexchange/license'

/** The claims of one version, as far as a check may look at them. */
export type ClaimsView = {
  matches(field: string, expected: unknown): boolean
  /** null where there is no such claim. */
  valueOf(field: string): unknown
}

/** Personal and secret claims of one version, with the data key of its license. */
export type Unsealed = Pick<ValuePlace, 'licenseId' | 'version'> & {
  dataKey: Uint8Array
  fields: Readonly<Record<string, string>>
}

export function viewOf(claims: Claims, unsealed?: Unsealed): ClaimsView {
  const isSealed = (field: string) => unsealed && Object.hasOwn(unsealed.fields, field)
  return {
    matches: (field, expected) =>
      unsealed && isSealed(field)
        ? sealedMatches(unsealed, field, expected)
        : publicMatches(expected, claimOf(claims, field)),
    valueOf: (field) =>
      unsealed && isSealed(field) ? open(unsealed, field) : (claimOf(claims, field) ?? null),
  }
}

function claimOf(claims: Claims, field: string): unknown {
  return Object.hasOwn(claims, field) ? claims[field] : undefined
}

/** Over the whole length of the longer one, so that the time tells nothing of how much of a guess was right. */
function publicMatches(expected: unknown, actual: unknown): boolean {
  const [asked, known] = [comparableClaim(expected), comparableClaim(actual)]
  if (asked === undefined || known === undefined) return false
  const length = Math.max(Buffer.byteLength(asked), Buffer.byteLength(known))
  // From the pool of Node, and not zeroed by the system: short memory of its own costs more than the comparison.
  const both = Buffer.allocUnsafe(2 * length).fill(0)
  both.write(asked, 0)
  both.write(known, length)
  const same = timingSafeEqual(both.subarray(0, length), both.subarray(length))
  // Zeros fill up the shorter one, and may also stand in a text.
  return same && asked.length === known.length
}

function sealedMatches(unsealed: Unsealed, field: string, expected: unknown): boolean {
  const [asked, known] = [comparableClaim(expected), comparableClaim(open(unsealed, field))]
  if (asked === undefined || known === undefined) return false
  const keyed = (text: string) => hashValue(unsealed.dataKey, `match ${field}`, text)
  return hashesEqual(keyed(asked), keyed(known))
}

function open({ dataKey, fields, licenseId, version }: Unsealed, field: string): unknown {
  return openValue(dataKey, { licenseId, version, field }, fields[field] ?? '')
}

/** Which of the expected values are those of the claims; of a license that is unknown, none. */
export function matchClaims(
  expected: Readonly<Record<string, unknown>>,
  claims: ClaimsView,
): Record<string, boolean> {
  const fields = Object.entries(expected)
  return Object.fromEntries(fields.map(([field, value]) => [field, claims.matches(field, value)]))
}

/** The values of the claims asked for, null where there is none. */
export function discloseClaims(fields: readonly string[], claims: ClaimsView): Claims {
  return Object.fromEntries(fields.map((field) => [field, claims.valueOf(field)]))
}
