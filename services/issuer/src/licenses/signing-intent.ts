import type { SealedFields } from '@lexchange/contracts'

import type { CredentialDraft } from './credential-draft.ts'
import type { LicenseChange } from './license.events.ts'
import { asChecked, type CheckedLicense, type License } from './license.ts'

/** What made a version, as it is told to the audit and to the registry; null of a credential made again. */
export type IntendedChange = Omit<LicenseChange, 'eventId'> | null

/** What an intent keeps of personal and secret claims, and of the disclosures that repeat them. */
export type SealedParts = { fields: SealedFields; disclosures: string }

/** What will be signed, and what it belongs to: committed before the signature is made. */
export type SigningIntent = {
  id: string
  /** Names the command that can complete it. */
  command: string | null
  requestHash: string | null
  kid: string
  license: CheckedLicense
  change: IntendedChange
  draft: CredentialDraft
  /** What of it is stored encrypted; null before, and where there is nothing to. */
  sealed: SealedParts | null
}

/** Only made by signing an intent. */
export type SignedIntent = SigningIntent & {
  credential: string
  /** Claims of the version for the registry (JWE). */
  sealedClaims: string | undefined
}

/** Dates become texts in JSON; this makes them Dates again. */
export function licenseFromJson(json: unknown): CheckedLicense {
  const { issuedAt, updatedAt, expiredAt, claimsErasedAt, state, ...rest } = json as License
  return asChecked({
    ...rest,
    issuedAt: new Date(issuedAt),
    updatedAt: new Date(updatedAt),
    expiredAt: expiredAt && new Date(expiredAt),
    // Never part of the JSON.
    dataKey: null,
    claimsErasedAt: claimsErasedAt ? new Date(claimsErasedAt) : null,
    state: {
      ...state,
      validFrom: new Date(state.validFrom),
      validUntil: state.validUntil && new Date(state.validUntil),
      effectiveAt: new Date(state.effectiveAt),
    },
  })
}

export function changeFromJson(json: unknown): IntendedChange {
  const change = json as IntendedChange
  return change && { ...change, at: new Date(change.at) }
}
