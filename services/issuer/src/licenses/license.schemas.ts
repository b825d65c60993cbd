import { createPublicKey } from 'node:crypto'
import { LicenseTypeCode, StoredStatus, Time } from '@lexchange/contracts'
import type { EcPublicJwk } from '@lexchange/credentials'
import { RequestInvalidError, requestedTime } from '@lexchange/http-server'
import { text } from '@lexchange/license'
import { type Static, Type } from 'typebox'

import type { LicenseApplication } from './draft-license.ts'

/** A time that a command names: any offset, in years that a license can be about. */
const CommandTime = Type.String({
  format: 'date-time',
  pattern: '^(19|[2-9][0-9])[0-9]{2}-',
  maxLength: 40,
  description: 'RFC 3339 with any offset; answered in UTC with milliseconds',
  examples: ['2026-11-24T08:00:00+08:00'],
})

const TimeOrNull = Type.Union([CommandTime, Type.Null()])

// Claims are judged by their license type; here only their depth is bounded, for what walks them.
const Scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])
const Members = Type.Record(Type.String(), Scalar)
const Claims = Type.Record(
  Type.String({ maxLength: 64 }),
  Type.Union([Scalar, Members, Type.Array(Type.Union([Scalar, Members]))]),
  { description: 'After the JSON Schema of the license type: GET /v1/license-types/{code}' },
)

const Holder = Type.Union([
  Type.Object(
    { kind: Type.Literal('enterprise'), uscc: Type.String({ maxLength: 64 }), name: text(256) },
    { additionalProperties: false },
  ),
  Type.Object(
    { kind: Type.Literal('person'), idNumber: text(64), name: text(256) },
    { additionalProperties: false },
  ),
])

/** RFC 7800: whoever has the private key is the holder. */
const Confirmation = Type.Object(
  {
    jwk: Type.Object(
      {
        kty: Type.Literal('EC'),
        crv: Type.Literal('P-256'),
        x: Type.String({ pattern: '^[\\w-]{43}$' }),
        y: Type.String({ pattern: '^[\\w-]{43}$' }),
      },
      { additionalProperties: false },
    ),
  },
  {
    additionalProperties: false,
    description: "The holder's public key: its credential is then good only with a proof of it",
  },
)

const applicationMembers = {
  holder: Holder,
  number: Type.Optional(
    Type.String({ maxLength: 256, description: 'Of a business license: the USCC, the default' }),
  ),
  region: Type.Optional(
    Type.String({
      pattern: '^[1-9][0-9]{5}$',
      description: "GB/T 2260; default: the division of the holder's USCC",
    }),
  ),
  validFrom: CommandTime,
  validUntil: Type.Optional(TimeOrNull),
  claims: Claims,
  cnf: Type.Optional(Confirmation),
}

const application = {
  type: 'business-license',
  holder: { kind: 'enterprise', uscc: '914403001922038216', name: '华为技术有限公司' },
  validFrom: '2026-11-24T00:00:00.000Z',
  validUntil: '2036-11-24T00:00:00.000Z',
  claims: {
    name: '华为技术有限公司',
    enterpriseType: 'limited-liability-company',
    legalRepresentative: '示例',
    registeredCapital: { amount: '1000000.00', currency: 'CNY' },
    establishedOn: '1987-09-15',
    businessScope: '示例经营范围',
    domicile: '示例路 1 号',
  },
}

export const IssueLicenseRequest = Type.Object(
  { type: LicenseTypeCode, ...applicationMembers },
  { additionalProperties: false, examples: [application] },
)
export type IssueLicenseRequest = Static<typeof IssueLicenseRequest>

/** A line of an import. */
export const ImportRowSchema = Type.Object(
  {
    type: Type.Optional(LicenseTypeCode),
    ...applicationMembers,
    issuedAt: Type.Optional(CommandTime),
    status: Type.Optional(StoredStatus),
  },
  { additionalProperties: false },
)
export type ImportRow = Static<typeof ImportRowSchema>

export const IMPORT_ROW_EXAMPLE = JSON.stringify({ ...application, status: 'active' })

/** A request, or a line of an import, with its times as Dates. */
export function toApplication({
  issuedAt,
  validFrom,
  validUntil = null,
  type = '',
  cnf,
  ...rest
}: ImportRow): LicenseApplication {
  return {
    ...rest,
    type,
    validFrom: requestedTime('/validFrom', validFrom),
    validUntil: validUntil === null ? null : requestedTime('/validUntil', validUntil),
    ...(cnf && { holderKey: toHolderKey(cnf) }),
    ...(issuedAt !== undefined && { issuedAt: requestedTime('/issuedAt', issuedAt) }),
  }
}

/** @throws RequestInvalidError for coordinates of no point of the curve */
export function toHolderKey({ jwk }: Static<typeof Confirmation>): EcPublicJwk {
  try {
    createPublicKey({ key: jwk, format: 'jwk' })
    return jwk
  } catch {
    throw new RequestInvalidError([{ pointer: '/cnf/jwk', detail: 'must be a key on P-256' }])
  }
}

const changeMembers = {
  reason: text(1000),
  legalBasis: Type.Optional(text(500)),
  effectiveAt: Type.Optional(CommandTime),
}

const reason = 'Example reason'
const legalBasis = '行政许可法 第六十九条'

export const ChangeRequest = Type.Object(changeMembers, {
  additionalProperties: false,
  examples: [{ reason, legalBasis }],
})
export type ChangeRequest = Static<typeof ChangeRequest>

export const EraseRequest = Type.Object(
  { reason: text(1000), legalBasis: Type.Optional(text(500)) },
  {
    additionalProperties: false,
    examples: [{ reason, legalBasis: '个人信息保护法 第四十七条' }],
  },
)

export const AmendRequest = Type.Object(
  {
    ...changeMembers,
    claims: Type.Optional(Claims),
    holder: Type.Optional(Type.Object({ name: text(256) }, { additionalProperties: false })),
    cnf: Type.Optional(Type.Union([Confirmation, Type.Null()])),
  },
  {
    additionalProperties: false,
    description:
      '`claims` is a JSON merge patch (RFC 7396): null removes a claim; `cnf: null` takes the key away',
    examples: [{ reason, claims: { domicile: '示例路 2 号' } }],
  },
)

export const RenewRequest = Type.Object(
  { ...changeMembers, validUntil: TimeOrNull },
  {
    additionalProperties: false,
    examples: [{ reason, validUntil: '2046-11-24T00:00:00.000Z' }],
  },
)

const License = Type.Object({
  id: Type.String({ format: 'uuid' }),
  identifier: Type.String({ description: 'National license identifier (GB/T 36904)' }),
  type: LicenseTypeCode,
  number: Type.String(),
  holder: Type.Record(Type.String(), Type.String()),
  authority: Type.Object({ id: Type.String(), name: Type.String() }),
  region: Type.String(),
  status: Type.Enum(['active', 'suspended', 'revoked', 'cancelled', 'not-yet-valid', 'expired'], {
    description: 'Derived at the moment of asking',
  }),
  version: Type.Integer(),
  validFrom: Time,
  validUntil: Type.Union([Time, Type.Null()]),
  claims: Type.Record(Type.String(), Type.Unknown(), {
    description: 'All of them: public, personal and secret',
  }),
  issuedAt: Time,
  updatedAt: Time,
})

const license = {
  ...application,
  id: '019ab3f2-7c00-7000-8000-000000000001',
  identifier: '1.2.156.3005.2.11100000MB0143028R001.11440300MB2C123450.0123456789ABCDEFGHIJ.001.0',
  number: '914403001922038216',
  authority: { id: 'shenzhen', name: 'Shenzhen Administration for Market Regulation' },
  region: '440300',
  status: 'active',
  version: 1,
  issuedAt: '2026-11-24T01:00:00.000Z',
  updatedAt: '2026-11-24T01:00:00.000Z',
}

export const LicenseAnswer = Type.Object({ license: License }, { examples: [{ license }] })

export const IssuedAnswer = Type.Object(
  {
    license: License,
    seals: Type.Array(Type.Record(Type.String(), Type.Unknown()), {
      description: 'Seals that were issued with it',
    }),
    credential: Type.String({
      description: 'SD-JWT VC with all disclosures: docs/formats/credential.md',
    }),
  },
  { examples: [{ license, seals: [], credential: 'eyJhbGciOiJFUzI1NiIs…~WyJ…~' }] },
)

export const LicenseParams = Type.Object({
  id: Type.String({ format: 'uuid', examples: [license.id] }),
})
