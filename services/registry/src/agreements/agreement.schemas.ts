import { AgreementTerms, Slug, Time } from '@lexchange/contracts'
import { PageQuery } from '@lexchange/http-server'
import { type Static, Type } from 'typebox'

const CLOSED = { additionalProperties: false }
const t = AgreementTerms.properties
const TimeOrNull = Type.Union([Time, Type.Null()])
const TextOrNull = Type.Union([Type.String(), Type.Null()])

const TERMS = {
  departmentId: 'tendering',
  purpose: 'tendering',
  legalBasis: {
    text: 'The tenderee examines the qualification of tenderers.',
    reference: 'Tendering and Bidding Law, article 18',
  },
  licenseTypes: ['business-license', 'construction-qualification'],
  regions: ['440000'],
  disclose: ['*'],
  match: ['settlementAccount'],
  quota: { perMinute: 600, perHolderAndDay: 20 },
  validFrom: '2026-11-24T00:00:00.000Z',
  validUntil: null,
}

const granted = {
  purpose: t.purpose,
  legalBasis: t.legalBasis,
  licenseTypes: t.licenseTypes,
  regions: t.regions,
  disclose: t.disclose,
  match: Type.Optional(t.match),
  quota: Type.Optional(t.quota),
  validFrom: Type.Optional(t.validFrom),
  validUntil: Type.Optional(t.validUntil),
}

export const NewAgreement = Type.Object(
  { id: Type.Optional(Slug), departmentId: t.departmentId, ...granted },
  { ...CLOSED, examples: [{ id: 'tendering-guangdong', ...TERMS }] },
)
export type NewAgreement = Static<typeof NewAgreement>

export const AgreementChange = Type.Partial(Type.Object(granted), {
  ...CLOSED,
  minProperties: 1,
  examples: [{ disclose: ['name', 'businessScope'], quota: { perDay: 5000 } }],
})
export type AgreementChange = Static<typeof AgreementChange>

export const Approval = Type.Union(
  [
    Type.Object(
      {
        version: Type.Optional(
          Type.Integer({ minimum: 1, description: 'The draft that was read; another is refused' }),
        ),
      },
      CLOSED,
    ),
    Type.Null(),
  ],
  { examples: [{ version: 2 }] },
)

export const Reason = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 2000 }) },
  { ...CLOSED, examples: [{ reason: 'The project has ended' }] },
)

const Version = Type.Object({
  version: Type.Integer(),
  state: Type.Enum(['draft', 'approved', 'superseded', 'rejected'] as const),
  terms: AgreementTerms,
  draftedBy: Type.String(),
  draftedAt: Time,
  approvedBy: TextOrNull,
  approvedAt: TimeOrNull,
})

export const EXAMPLE_VERSION = {
  version: 1,
  state: 'approved',
  terms: TERMS,
  draftedBy: 'administrator-1',
  draftedAt: '2026-11-24T01:00:00.000Z',
  approvedBy: 'administrator-2',
  approvedAt: '2026-11-24T02:00:00.000Z',
}
export { Version as VersionAnswer }

export const AgreementAnswer = Type.Object(
  {
    id: Slug,
    ...t,
    version: Type.Integer({
      description: 'Of these terms: those in force, or of the draft where none are yet',
    }),
    state: Type.Enum(['draft', 'active', 'suspended', 'ended'] as const, {
      description: '`draft` until the first version is approved',
    }),
    draft: Type.Union([Version, Type.Null()], {
      description: 'Terms that wait for the approval of a second administrator',
    }),
    reason: Type.Union([Type.String(), Type.Null()], {
      description: 'Of the last suspension, resumption or end',
    }),
    revision: Type.Integer({ description: 'Grows with every change, also of drafts (ETag)' }),
    createdAt: Time,
    updatedAt: Time,
  },
  {
    examples: [
      {
        id: 'tendering-guangdong',
        ...TERMS,
        version: 1,
        state: 'active',
        draft: null,
        reason: null,
        revision: 2,
        createdAt: '2026-11-24T01:00:00.000Z',
        updatedAt: '2026-11-24T02:00:00.000Z',
      },
    ],
  },
)

export const AgreementQuery = Type.Object(
  {
    departmentId: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, examples: ['tendering'] }),
    ),
    ...PageQuery,
  },
  CLOSED,
)
export const VersionQuery = Type.Object(PageQuery, CLOSED)

export const AgreementParams = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 64, examples: ['tendering-guangdong'] }),
})
