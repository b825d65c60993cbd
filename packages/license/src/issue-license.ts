import {
  EffectiveAtInFutureError,
  HolderNotAllowedError,
  UsccInvalidError,
  ValidityInvalidError,
} from './license.errors.ts'
import type { Claims, Holder, LicenseStatus, LicenseVersion } from './license.ts'
import { licenseNumber } from './license-number.ts'
import { type LicenseType, requireClaims } from './license-types/index.ts'
import { checkUscc, isLegacyUscc } from './uscc.ts'
import { isWritableTime, requireValidity } from './validity.ts'

export type Application = {
  holder: Holder
  number?: string | undefined
  validFrom: Date
  /** Null: no end. */
  validUntil: Date | null
  claims: Claims
  /** Of imports; default now. The first version holds from here. */
  issuedAt?: Date | undefined
  /** Of imports; default `active`. */
  status?: LicenseStatus | undefined
}

export type UsccLeniency = { acceptLegacyUscc?: boolean | undefined; inner?: boolean | undefined }

/**
 * Throws `holder-not-allowed` when the type has no such holders, `uscc-invalid` when the code of an
 * enterprise is none. `acceptLegacyUscc` lets codes of the early pilot pass (see `isLegacyUscc`);
 * `inner: false`, for imports, leaves out the organisation code within it.
 */
export function requireHolder(
  licenseType: Pick<LicenseType, 'code' | 'holders'>,
  holder: Holder,
  { acceptLegacyUscc = false, inner = true }: UsccLeniency = {},
): void {
  if (!licenseType.holders.includes(holder.kind)) {
    throw new HolderNotAllowedError(licenseType.code, licenseType.holders)
  }
  if (holder.kind !== 'enterprise') return
  const checked = checkUscc(holder.uscc, { inner })
  if (checked.ok || (acceptLegacyUscc && isLegacyUscc(holder.uscc))) return
  throw new UsccInvalidError(checked.reason)
}

/**
 * Decides on a new license: its number and its first version. Throws `holder-not-allowed`,
 * `uscc-invalid`, `license-number-mismatch`, `license-number-invalid`, `validity-invalid`,
 * `effective-at-in-future` (an `issuedAt` after now) or `claims-invalid`. Which types and regions an
 * authority may issue is not asked here.
 */
export function issue(
  licenseType: LicenseType,
  application: Application,
  { now, ...leniency }: { now: Date } & UsccLeniency,
): { number: string; first: LicenseVersion } {
  const { holder, claims, validFrom, validUntil, issuedAt = now, status = 'active' } = application
  requireHolder(licenseType, holder, leniency)
  const number = licenseNumber(licenseType, holder, application.number)
  requireValidity(validFrom, validUntil)
  if (issuedAt > now) throw new EffectiveAtInFutureError('/issuedAt')
  if (!isWritableTime(issuedAt)) {
    throw new ValidityInvalidError('/issuedAt', 'must lie in the years 1 to 9999')
  }
  requireClaims(licenseType, claims)
  const version = { version: 1, event: 'issued', effectiveAt: issuedAt } as const
  return { number, first: { ...version, status, validFrom, validUntil, holder, claims } }
}
