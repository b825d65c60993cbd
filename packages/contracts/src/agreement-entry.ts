import { type Static, Type } from 'typebox'

import { Field, LicenseTypeCode, Region, Slug, Time } from './license-data.ts'

const Every = Type.Literal('*')

const Fields = (description: string) =>
  Type.Array(Type.Union([Field, Every]), { maxItems: 64, uniqueItems: true, description })

const Count = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000, description }))

/** How much an agreement grants; what is absent is not limited. */
export const Quota = Type.Object(
  {
    perMinute: Count('Checks a minute'),
    perDay: Count('Checks a day (UTC)'),
    perHolderAndDay: Count('Checks of the licenses of one holder a day (UTC)'),
  },
  { additionalProperties: false },
)
export type Quota = Static<typeof Quota>

export const LegalBasis = Type.Object(
  {
    text: Type.String({ minLength: 1, maxLength: 2000, description: 'What the law says' }),
    reference: Type.String({ minLength: 1, maxLength: 256, description: 'Act and article' }),
  },
  { additionalProperties: false },
)

/** What a department may ask, and what of it may be answered. */
export const AgreementTerms = Type.Object({
  departmentId: Slug,
  purpose: Slug,
  legalBasis: LegalBasis,
  licenseTypes: Type.Array(Type.Union([LicenseTypeCode, Every]), {
    minItems: 1,
    maxItems: 64,
    uniqueItems: true,
    description: 'Codes of license types; `*` is every type',
  }),
  regions: Type.Array(Region, {
    minItems: 1,
    maxItems: 64,
    uniqueItems: true,
    description: 'Each with all divisions that lie in it',
  }),
  disclose: Fields('Claims that may be disclosed, and so matched too; `*` is every public claim'),
  match: Fields('Claims that may only be matched; `*` is every public claim'),
  quota: Quota,
  validFrom: Time,
  validUntil: Type.Union([Time, Type.Null()]),
})
export type AgreementTerms = Static<typeof AgreementTerms>

/** The version of an agreement that is in force, as DIRECTORY carries it; drafts never leave the registry. */
export const AgreementEntry = Type.Object({
  id: Slug,
  ...AgreementTerms.properties,
  version: Type.Integer({ minimum: 1, description: 'Of the terms; each is approved by two' }),
  state: Type.Union([Type.Literal('active'), Type.Literal('suspended'), Type.Literal('ended')]),
  revision: Type.Integer({ minimum: 1, description: 'Grows with every change of this entry' }),
})
export type AgreementEntry = Static<typeof AgreementEntry>
