import { type DerivedStatus, type LicenseStatus, statusOf } from '@lexchange/license'

/** A license as the registry shows it: public claims, and its status at the moment of asking. */
export type LicenseView = {
  id: string
  identifier: string
  type: string
  number: string
  holder: unknown
  authority: { id: string; name: string }
  region: string
  status: DerivedStatus
  version: number
  validFrom: string
  validUntil: string | null
  claims: unknown
  issuedAt: string
  updatedAt: string
}

export type LicenseState = Omit<
  LicenseView,
  'status' | 'validFrom' | 'validUntil' | 'issuedAt' | 'updatedAt'
> & {
  storedStatus: LicenseStatus
  validFrom: Date
  validUntil: Date | null
  issuedAt: Date
  updatedAt: Date
}

export function viewAt(license: LicenseState, now: Date): LicenseView {
  const { storedStatus, validFrom, validUntil, issuedAt, updatedAt, claims, ...rest } = license
  return {
    ...rest,
    status: statusOf(
      {
        status: storedStatus,
        validFrom: validFrom.getTime(),
        validUntil: validUntil?.getTime() ?? null,
      },
      now.getTime(),
    ),
    validFrom: validFrom.toISOString(),
    validUntil: validUntil?.toISOString() ?? null,
    claims,
    issuedAt: issuedAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}
