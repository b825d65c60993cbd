import { ValidityInvalidError } from './license.errors.ts'

// Outside these years a time has no RFC 3339 form.
const EARLIEST = Date.parse('0001-01-01T00:00:00.000Z')
const LATEST = Date.parse('9999-12-31T23:59:59.999Z')

/** True for a time that RFC 3339 can write in UTC. */
export function isWritableTime(time: Date): boolean {
  const at = time.getTime()
  return at >= EARLIEST && at <= LATEST
}

/**
 * Throws `validity-invalid` unless the license ends after it begins. The period is
 * `[validFrom, validUntil)`; null means no end.
 */
export function requireValidity(validFrom: Date, validUntil: Date | null): void {
  if (!isWritableTime(validFrom)) {
    throw new ValidityInvalidError('/validFrom', 'must lie in the years 1 to 9999')
  }
  if (validUntil === null) return
  if (!isWritableTime(validUntil)) {
    throw new ValidityInvalidError('/validUntil', 'must lie in the years 1 to 9999')
  }
  if (validUntil <= validFrom) {
    throw new ValidityInvalidError('/validUntil', 'must lie after /validFrom')
  }
}
