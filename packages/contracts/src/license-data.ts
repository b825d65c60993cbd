import { type Static, Type } from 'typebox'

/** A time as it travels: RFC 3339, UTC, milliseconds. */
export const Time = Type.String({ format: 'date-time', examples: ['2026-11-24T01:00:00.000Z'] })

/** Lower-case words joined by hyphens: ids, purposes, kinds. */
export const Slug = Type.String({ pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', maxLength: 64 })

/** Name of a claim. */
export const Field = Type.String({ pattern: '^[A-Za-z][A-Za-z0-9]*$', maxLength: 64 })

export const Region = Type.String({ pattern: '^[0-9]{6}$', description: 'GB/T 2260 division code' })

export const LicenseTypeCode = Type.String({ pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', maxLength: 64 })

export const StoredStatus = Type.Union([
  Type.Literal('active'),
  Type.Literal('suspended'),
  Type.Literal('revoked'),
  Type.Literal('cancelled'),
])

/** Who holds a license, as far as everybody may know: of a person nothing but that it is one. */
export const PublicHolder = Type.Union([
  Type.Object({
    kind: Type.Literal('enterprise'),
    uscc: Type.String({ minLength: 1, maxLength: 18 }),
    name: Type.String({ minLength: 1, maxLength: 256 }),
  }),
  Type.Object({ kind: Type.Literal('person') }),
])

/** What the LICENSES stream carries of one change: no personal and no secret field, and no free text. */
export const LicenseData = Type.Object({
  licenseId: Type.String({ format: 'uuid' }),
  identifier: Type.String({ minLength: 1, maxLength: 128, description: 'GB/T 36904 identifier' }),
  type: LicenseTypeCode,
  number: Type.String({ minLength: 1, maxLength: 64 }),
  holder: PublicHolder,
  authority: Type.Object({
    id: Type.String({ minLength: 1, maxLength: 64 }),
    name: Type.String({ minLength: 1, maxLength: 256 }),
  }),
  region: Region,
  version: Type.Integer({ minimum: 1 }),
  status: StoredStatus,
  validFrom: Time,
  validUntil: Type.Union([Time, Type.Null()]),
  issuedAt: Time,
  effectiveAt: Type.String({
    format: 'date-time',
    description: 'From when the change holds; of `expired`, the end of validity',
  }),
  claims: Type.Record(Type.String(), Type.Unknown(), { description: 'Public claims' }),
  sealed: Type.Optional(
    Type.Literal(true, {
      description:
        'This version also has personal or secret claims, which SEALED carries encrypted',
    }),
  ),
})

export type LicenseData = Static<typeof LicenseData>

/** What the ISSUANCE stream carries: the same, and what only the registry's history shows. */
export const IssuanceData = Type.Object({
  ...LicenseData.properties,
  reason: Type.Union([Type.String({ maxLength: 2000 }), Type.Null()]),
  legalBasis: Type.Union([Type.String({ maxLength: 1000 }), Type.Null()]),
  by: Type.String({ minLength: 1, maxLength: 128, description: 'OAuth client that asked for it' }),
  sealedClaims: Type.Optional(
    Type.String({
      maxLength: 131_072,
      description:
        'Personal and secret claims of this version: a compact JWE (RFC 7516) for the key `registry-encryption` of the directory',
    }),
  ),
})

export type IssuanceData = Static<typeof IssuanceData>
