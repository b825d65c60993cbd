import { LicenseNumberInvalidError, LicenseNumberMismatchError } from './license.errors.ts'
import type { Holder } from './license.ts'
import type { LicenseType } from './license-types/index.ts'

const NUMBER = /^[^\s\p{Z}\p{Cc}\p{Cf}\p{Cs}]{1,64}$/u

/** True for 1 to 64 characters without white space, control or format characters. */
export function isLicenseNumber(number: string): boolean {
  // URLs drop dot segments even when encoded, so such a number could never be asked for.
  return NUMBER.test(number) && number !== '.' && number !== '..'
}

/**
 * The number of a new license after the rule of its type. `holder-uscc`: the holder's USCC, and a
 * different one throws `license-number-mismatch`; `own`: the one asked for, and none or a malformed
 * one throws `license-number-invalid`.
 */
export function licenseNumber(
  licenseType: Pick<LicenseType, 'numberRule'>,
  holder: Holder,
  requested?: string | undefined,
): string {
  if (licenseType.numberRule === 'holder-uscc' && holder.kind === 'enterprise') {
    if (requested !== undefined && requested !== holder.uscc) throw new LicenseNumberMismatchError()
    return holder.uscc
  }
  if (requested === undefined || !isLicenseNumber(requested)) throw new LicenseNumberInvalidError()
  return requested
}
