import { type Static, Type } from 'typebox'

import { defineEvent } from './event.ts'
import { Field, LicenseTypeCode, Region, Time } from './license-data.ts'

const about = {
  licenseId: Type.String({ format: 'uuid' }),
  type: LicenseTypeCode,
  region: Region,
}

const Sealed = Type.String({ minLength: 1, maxLength: 131_072 })

/** Personal and secret claims by name, each encrypted with the license's data key (@lexchange/encryption). */
export const SealedFields = Type.Record(Field, Sealed)
export type SealedFields = Static<typeof SealedFields>

/** What registry tells verification of one version that has personal or secret claims. */
export const SealedClaims = Type.Object({
  ...about,
  version: Type.Integer({ minimum: 1 }),
  dataKey: Type.String({
    minLength: 1,
    maxLength: 1024,
    description: 'Data key of the license, wrapped by the key-encryption key of the exchange',
  }),
  fields: SealedFields,
})
export type SealedClaims = Static<typeof SealedClaims>

export const ErasedClaims = Type.Object({ ...about, erasedAt: Time })
export type ErasedClaims = Static<typeof ErasedClaims>

/** Events of the SEALED stream: registry → verification, and nobody else. */
export const sealedEvents = {
  stored: defineEvent('sealed-claims.stored', 1, SealedClaims),
  erased: defineEvent('sealed-claims.erased', 1, ErasedClaims),
} as const

/** NATS subject: `sealed.<region>.<type>.<stored|erased>`. */
export function sealedSubject(
  { region, type }: { region: string; type: string },
  event: keyof typeof sealedEvents,
): string {
  return `sealed.${region}.${type}.${event}`
}

/** What an issuer announces on ISSUANCE when the data key of a license was erased. */
export const ClaimsErased = Type.Object({
  ...about,
  authorityId: Type.String({ minLength: 1, maxLength: 64 }),
  erasedAt: Time,
  reason: Type.String({ minLength: 1, maxLength: 2000 }),
  legalBasis: Type.Union([Type.String({ maxLength: 1000 }), Type.Null()]),
  by: Type.String({ minLength: 1, maxLength: 128 }),
})
export type ClaimsErased = Static<typeof ClaimsErased>

export const claimsErased = defineEvent('license.claims-erased', 1, ClaimsErased)

/** NATS subject: `issuance.<region>.<type>.claims-erased`. */
export function claimsErasedSubject({ region, type }: { region: string; type: string }): string {
  return `issuance.${region}.${type}.claims-erased`
}

/**
 * One line of `GET /v1/snapshots/sealed-claims` (NDJSON), sorted by license id: every version with
 * sealed claims, or that they were erased.
 */
export const SealedSnapshot = Type.Object({
  licenseId: about.licenseId,
  dataKey: Type.Union([SealedClaims.properties.dataKey, Type.Null()], {
    description: 'null once it was erased',
  }),
  versions: Type.Array(
    Type.Object({ version: SealedClaims.properties.version, fields: SealedFields }),
  ),
})
export type SealedSnapshot = Static<typeof SealedSnapshot>
