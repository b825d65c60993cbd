import {
  LICENSE_EVENTS,
  LicenseTypeCode,
  PublicHolder,
  Region,
  StoredStatus,
  Time,
} from '@lexchange/contracts'
import { PageQuery } from '@lexchange/http-server'
import { Type } from 'typebox'

const STATUSES = [
  'active',
  'suspended',
  'revoked',
  'cancelled',
  'not-yet-valid',
  'expired',
] as const

const TimeOrNull = Type.Union([Time, Type.Null()])

export const EXAMPLE_LICENSE = {
  id: '019ab3f2-7c00-7000-8000-000000000001',
  identifier: '1.2.156.3005.2.11100000MB0143028R001.11440300MB2C123450.0123456789ABCDEFGHIJ.001.0',
  type: 'business-license',
  number: '914403001922038216',
  holder: { kind: 'enterprise', uscc: '914403001922038216', name: '华为技术有限公司' },
  authority: { id: 'shenzhen', name: 'Shenzhen Administration for Market Regulation' },
  region: '440300',
  status: 'active',
  version: 1,
  validFrom: '2026-11-24T00:00:00.000Z',
  validUntil: '2036-11-24T00:00:00.000Z',
  claims: { name: '华为技术有限公司', legalRepresentative: '示例' },
  issuedAt: '2026-11-24T01:00:00.000Z',
  updatedAt: '2026-11-24T01:00:00.000Z',
}

export const License = Type.Object({
  id: Type.String({ format: 'uuid' }),
  identifier: Type.String({ description: 'National license identifier (GB/T 36904)' }),
  type: LicenseTypeCode,
  number: Type.String(),
  holder: PublicHolder,
  authority: Type.Object({ id: Type.String(), name: Type.String() }),
  region: Region,
  status: Type.Enum(STATUSES, { description: 'Derived at the moment of asking' }),
  version: Type.Integer(),
  validFrom: Time,
  validUntil: TimeOrNull,
  claims: Type.Record(Type.String(), Type.Unknown(), { description: 'Public claims' }),
  issuedAt: Time,
  updatedAt: Time,
})

/** By what a department reads; authorities read without. */
export const GRANTED = {
  'Lexchange-Agreement': Type.String({
    description: 'Of a department: the agreements that the answer was given by',
  }),
}

export const LicenseAnswer = Type.Object(
  { license: License },
  { examples: [{ license: EXAMPLE_LICENSE }] },
)

export const LicenseQuery = Type.Object(
  {
    type: Type.Optional(LicenseTypeCode),
    region: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]{5}$',
        description: 'Division code; a province or city holds the divisions in it',
        examples: ['440000'],
      }),
    ),
    holder: Type.Optional(
      Type.String({ minLength: 1, maxLength: 18, description: 'USCC of the holder' }),
    ),
    status: Type.Optional(Type.Enum(STATUSES)),
    q: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: "Part of the number or of the holder's name",
      }),
    ),
    updatedSince: Type.Optional(Time),
    ...PageQuery,
  },
  { additionalProperties: false },
)

export const LicenseParams = Type.Object({
  id: Type.String({ format: 'uuid', examples: [EXAMPLE_LICENSE.id] }),
})

export const HistoryQuery = Type.Object(PageQuery, { additionalProperties: false })

export const EXAMPLE_HISTORY = {
  version: 1,
  event: 'issued',
  status: 'active',
  validFrom: '2026-11-24T00:00:00.000Z',
  validUntil: '2036-11-24T00:00:00.000Z',
  at: '2026-11-24T01:00:00.000Z',
  reason: null,
  legalBasis: null,
  by: 'shenzhen-authority',
}

export const HistoryItem = Type.Object({
  version: Type.Integer(),
  event: Type.Enum(LICENSE_EVENTS),
  status: StoredStatus,
  validFrom: Time,
  validUntil: TimeOrNull,
  at: Type.String({ format: 'date-time', description: 'From when the change holds' }),
  reason: Type.Union([Type.String(), Type.Null()]),
  legalBasis: Type.Union([Type.String(), Type.Null()]),
  by: Type.String({ description: 'OAuth client that asked for the change' }),
})
