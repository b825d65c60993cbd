import { LicenseTypeUnknownError } from '../license.errors.ts'
import { businessLicense } from './business-license.ts'
import { constructionQualification } from './construction-qualification.ts'
import { foodOperationPermit } from './food-operation-permit.ts'
import type { LicenseType } from './license-type.ts'

export { checkClaims, publicClaims, requireClaims } from './claims.ts'
export type { Classification, LicenseType, NumberRule, SealKind } from './license-type.ts'
export { text } from './text.ts'

/** The catalogue. */
export const licenseTypes: readonly LicenseType[] = [
  businessLicense,
  foodOperationPermit,
  constructionQualification,
]

const byCode = new Map(licenseTypes.map((licenseType) => [licenseType.code, licenseType]))

/** The catalogue entry of a code, or undefined. */
export function findLicenseType(code: string): LicenseType | undefined {
  return byCode.get(code)
}

/** The catalogue entry of a code; throws `license-type-unknown` (422). */
export function getLicenseType(code: string): LicenseType {
  const licenseType = byCode.get(code)
  if (licenseType === undefined) throw new LicenseTypeUnknownError()
  return licenseType
}
