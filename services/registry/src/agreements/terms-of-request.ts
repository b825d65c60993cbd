import type { AgreementTerms } from '@lexchange/contracts'
import { v7 } from 'uuid'

import type { AgreementChange, NewAgreement } from './agreement.schemas.ts'
import type { TermsChange } from './change-agreement.ts'

/** The terms that a new agreement is drafted with; an id that nobody gave is a UUID. */
export function newTerms(
  { id = v7(), departmentId, purpose, legalBasis, licenseTypes, regions, ...rest }: NewAgreement,
  now: Date,
): { id: string; terms: AgreementTerms } {
  const { disclose, match = [], quota = {}, validFrom, validUntil = null } = rest
  const granted = { purpose, legalBasis, licenseTypes, regions, disclose, match, quota }
  return {
    id,
    terms: {
      departmentId,
      ...granted,
      validFrom: validFrom === undefined ? now.toISOString() : inUtc(validFrom),
      validUntil: validUntil === null ? null : inUtc(validUntil),
    },
  }
}

export function termsChange({ validFrom, validUntil, ...change }: AgreementChange): TermsChange {
  return {
    ...change,
    ...(validFrom !== undefined && { validFrom: inUtc(validFrom) }),
    ...(validUntil !== undefined && { validUntil: validUntil === null ? null : inUtc(validUntil) }),
  } as TermsChange
}

/** A leap second is no time that can be compared; the check of the validity refuses what is none. */
function inUtc(time: string): string {
  const parsed = new Date(time)
  return Number.isNaN(parsed.getTime()) ? time : parsed.toISOString()
}
