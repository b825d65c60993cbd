import type { LicenseAt, Projection } from '../projection/index.ts'

export type OfLicense = { id: string } | { type: string; number: string }

/** The license that a request is about, at T. */
export function findLicense(
  projection: Projection,
  license: OfLicense,
  at: number,
): LicenseAt | undefined {
  return 'id' in license
    ? projection.findLicenseById(license.id.toLowerCase(), at)
    : projection.findLicense(license.type, license.number, at)
}
