import { AccessRecord, LegalBasis, Slug, Time } from '@lexchange/contracts'
import { PageQuery } from '@lexchange/http-server'
import { Type } from 'typebox'

const OrNull = <Schema extends ReturnType<typeof Type.String>>(schema: Schema) =>
  Type.Union([schema, Type.Null()])
const CaseRef = Type.String({ minLength: 1, maxLength: 128 })

export const HolderParams = Type.Object(
  { id: Type.String({ minLength: 1, maxLength: 18, description: 'USCC of the enterprise' }) },
  { additionalProperties: false },
)

export const HolderQuery = Type.Object(
  {
    ...PageQuery,
    from: Type.Optional(Time),
    to: Type.Optional(Type.String({ format: 'date-time', description: 'Before this time' })),
  },
  { additionalProperties: false },
)

const { properties } = AccessRecord

export const HolderRecord = Type.Object({
  id: properties.id,
  at: properties.at,
  department: Type.Union([Type.Object({ id: Slug, name: OrNull(Type.String()) }), Type.Null()]),
  action: properties.action,
  license: properties.license,
  purpose: properties.purpose,
  fields: Type.Array(Type.String(), { description: 'Matched or disclosed, each named once' }),
  agreement: properties.agreement,
  legalBasis: Type.Union([LegalBasis, Type.Null()]),
  outcome: properties.outcome,
  refused: properties.refused,
})

export const EXAMPLE_HOLDER_RECORD = {
  id: '019ab3f2-7c00-7000-8000-000000000300',
  at: '2026-11-24T01:00:00.000Z',
  department: { id: 'tax', name: 'Tax department' },
  action: 'verification',
  license: {
    type: 'business-license',
    number: '914403001922038216',
    id: '019ab3f2-7c00-7000-8000-000000000001',
  },
  purpose: 'tax',
  fields: ['name', 'contactPhone'],
  agreement: 'tax',
  legalBasis: { text: 'Tax offices may ask for what taxes need', reference: 'Tax Act, 6' },
  outcome: 'valid',
  refused: false,
}

export const NewHold = Type.Object(
  {
    department: Type.Optional(Slug),
    caseRef: Type.Optional(CaseRef),
    agreement: Type.Optional(Slug),
    until: Time,
    legalBasis: LegalBasis,
  },
  {
    additionalProperties: false,
    examples: [
      {
        department: 'tax',
        caseRef: 'SZ-2026-0117',
        until: '2027-02-24T00:00:00.000Z',
        legalBasis: { text: 'An inquiry is not to be warned', reference: 'Procedure Act, 39' },
      },
    ],
  },
)

const EXAMPLE_HOLD = {
  id: '019ab3f2-7c00-7000-8000-000000000801',
  department: 'tax',
  caseRef: 'SZ-2026-0117',
  agreement: null,
  until: '2027-02-24T00:00:00.000Z',
  legalBasis: { text: 'An inquiry is not to be warned', reference: 'Procedure Act, 39' },
  createdAt: '2026-11-24T02:00:00.000Z',
  createdBy: 'administrator-1',
  endedAt: null,
  endedBy: null,
}

export const Hold = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    department: OrNull(Slug),
    caseRef: OrNull(CaseRef),
    agreement: OrNull(Slug),
    until: Time,
    legalBasis: LegalBasis,
    createdAt: Time,
    createdBy: Type.String(),
    endedAt: OrNull(Time),
    endedBy: OrNull(Type.String()),
  },
  { examples: [EXAMPLE_HOLD] },
)

export const HoldParams = Type.Object(
  { id: Type.String({ format: 'uuid' }) },
  { additionalProperties: false },
)
export const HoldQuery = Type.Object(PageQuery, { additionalProperties: false })
export const HOLD_PAGE = { examples: [{ items: [EXAMPLE_HOLD], nextCursor: null }] }
