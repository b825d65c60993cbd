import { LicenseTypeCode } from '@lexchange/contracts'
import { text } from '@lexchange/license'
import { type Static, Type } from 'typebox'

const LicenseNumber = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'What is printed on it',
})

const At = Type.String({
  format: 'date-time',
  maxLength: 40,
  description: 'Point in time that is asked about, RFC 3339; not in the future; default now',
})

const MinPosition = Type.Integer({
  minimum: 0,
  maximum: 2 ** 53 - 1,
  description: 'Wait up to 1 s until the answer is current to this position in LICENSES, else 503',
})

/** Written so, and not as unions: the serializer would try the members of a union one by one. */
function oneOf<const Word extends string>(...words: readonly Word[]) {
  return Type.Unsafe<Word>({ type: 'string', enum: words })
}

const Verdict = oneOf('valid', 'invalid', 'unknown', 'indeterminate')

const DERIVED_STATUSES = [
  'active',
  'suspended',
  'revoked',
  'cancelled',
  'not-yet-valid',
  'expired',
  'unknown',
] as const

const DerivedStatus = oneOf(...DERIVED_STATUSES)

const NullableTime = Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time' })

/** Members that every answer has. */
const Standing = {
  verdict: Verdict,
  status: DerivedStatus,
  version: Type.Unsafe<number | null>({ type: ['integer', 'null'] }),
  validFrom: NullableTime,
  validUntil: NullableTime,
}

const Currency = {
  asOf: Type.String({ format: 'date-time', description: 'The moment the answer is about' }),
  position: Type.Integer({ description: 'Sequence in LICENSES that the answer is current to' }),
  stale: Type.Boolean({ description: 'The end of LICENSES was not seen for too long' }),
  ageSeconds: Type.Optional(
    Type.Integer({ description: 'When stale: seconds since the end of LICENSES was seen' }),
  ),
}

export const StatusParams = Type.Object({ type: LicenseTypeCode, number: LicenseNumber })

export const StatusQuery = Type.Object(
  { at: Type.Optional(At), minPosition: Type.Optional(MinPosition) },
  { additionalProperties: false },
)
export type StatusQuery = Static<typeof StatusQuery>

export const StatusAnswer = Type.Object(
  { type: Type.String(), number: Type.String(), ...Standing, ...Currency },
  {
    additionalProperties: false,
    examples: [
      {
        type: 'business-license',
        number: '91350200776049653A',
        verdict: 'valid',
        status: 'active',
        version: 1,
        validFrom: '2026-01-01T00:00:00.000Z',
        validUntil: null,
        asOf: '2026-11-24T01:00:00.000Z',
        position: 1234,
        stale: false,
      },
    ],
  },
)
export type StatusAnswer = Static<typeof StatusAnswer>

const Field = Type.String({ pattern: '^[A-Za-z][A-Za-z0-9]*$', maxLength: 64 })
const Short = Type.String({ maxLength: 4000 })
const Members = Type.Record(Type.String({ maxLength: 64 }), Short, { maxProperties: 16 })
const Expected = Type.Union([
  Short,
  Members,
  Type.Array(Type.Union([Short, Members]), { maxItems: 100 }),
])

const requestExample = {
  license: { type: 'business-license', number: '91350200776049653A' },
  purpose: 'tendering',
  caseRef: 'SZ-2026-0117',
  match: { name: 'Example Ltd.' },
  disclose: ['businessScope'],
}

export const VerificationRequest = Type.Object(
  {
    license: Type.Union([
      Type.Object(
        { type: LicenseTypeCode, number: LicenseNumber },
        { additionalProperties: false },
      ),
      Type.Object({ id: Type.String({ format: 'uuid' }) }, { additionalProperties: false }),
      Type.Object(
        { credential: Type.String({ minLength: 1, maxLength: 65_536, description: 'SD-JWT VC' }) },
        { additionalProperties: false },
      ),
    ]),
    purpose: Type.String({
      pattern: '^[a-z0-9]+(-[a-z0-9]+)*$',
      maxLength: 64,
      description: 'Why it is asked',
    }),
    caseRef: text(128),
    match: Type.Optional(
      Type.Record(Field, Expected, {
        maxProperties: 32,
        additionalProperties: false,
        description: 'Values to compare with; nothing is disclosed but whether they match',
      }),
    ),
    disclose: Type.Optional(Type.Array(Field, { maxItems: 32, uniqueItems: true })),
    at: Type.Optional(At),
    minPosition: Type.Optional(MinPosition),
    receipt: Type.Optional(
      Type.Boolean({ description: 'Give a signed receipt of what was found, without any value' }),
    ),
    holderBinding: Type.Optional(
      Type.Object(
        { audience: text(512), nonce: text(512) },
        {
          additionalProperties: false,
          description:
            'Of a credential: require a KB-JWT by which its holder has answered this nonce, for this audience',
        },
      ),
    ),
  },
  {
    additionalProperties: false,
    examples: [requestExample],
  },
)
export type VerificationRequest = Static<typeof VerificationRequest>

const Check = Type.Object({
  check: oneOf(
    'signature',
    'issuer',
    'validity',
    'status',
    'disclosures',
    'holder-binding',
    'match',
  ),
  result: oneOf('pass', 'fail', 'not-checkable', 'skipped'),
  code: Type.String(),
  detail: Type.String({ description: 'What the code says, in words' }),
})
export type Check = Static<typeof Check>

const answerExample = {
  verificationId: '019ab3a1-7c00-7000-8000-000000000001',
  verdict: 'valid',
  status: 'active',
  version: 1,
  validFrom: '2026-01-01T00:00:00.000Z',
  validUntil: null,
  checks: [
    {
      check: 'signature',
      result: 'skipped',
      code: 'no-credential',
      detail: 'Not asked for: no credential was presented',
    },
    {
      check: 'issuer',
      result: 'skipped',
      code: 'no-credential',
      detail: 'Not asked for: no credential was presented',
    },
    {
      check: 'validity',
      result: 'pass',
      code: 'within-validity',
      detail: 'The time lies within the period of validity',
    },
    { check: 'status', result: 'pass', code: 'status-active', detail: 'The license was active' },
    {
      check: 'disclosures',
      result: 'skipped',
      code: 'no-credential',
      detail: 'Not asked for: no credential was presented',
    },
    {
      check: 'holder-binding',
      result: 'skipped',
      code: 'no-credential',
      detail: 'Not asked for: no credential was presented',
    },
    {
      check: 'match',
      result: 'pass',
      code: 'all-match',
      detail: 'Every field has the expected value',
    },
  ],
  match: { name: true },
  disclosed: { businessScope: 'Software development' },
  asOf: '2026-11-24T01:00:00.000Z',
  position: 1234,
  stale: false,
  agreement: 'tendering',
}

export const VerificationAnswer = Type.Object(
  {
    verificationId: Type.String({ format: 'uuid' }),
    ...Standing,
    status: Type.Unsafe<Static<typeof DerivedStatus> | null>({
      type: ['string', 'null'],
      enum: [...DERIVED_STATUSES, null],
      description: 'null of a credential whose license is not known',
    }),
    checks: Type.Array(Check),
    match: Type.Optional(Type.Record(Type.String(), Type.Boolean())),
    disclosed: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    ...Currency,
    agreement: Type.String({ description: 'The agreement that grants this answer' }),
    receipt: Type.Optional(Type.String({ description: 'JWS: docs/formats/receipt.md' })),
  },
  {
    examples: [answerExample],
  },
)
export type VerificationAnswer = Static<typeof VerificationAnswer>

/** Items are checked one by one, so that a bad one does not fail the others. */
export const BatchRequest = Type.Object(
  { items: Type.Array(Type.Unknown(), { minItems: 1, maxItems: 1_000 }) },
  { additionalProperties: false, examples: [{ items: [requestExample] }] },
)

export const BatchAnswer = Type.Object(
  {
    items: Type.Array(
      Type.Union([
        VerificationAnswer,
        Type.Object({ problem: Type.Record(Type.String(), Type.Unknown()) }),
      ]),
    ),
  },
  { examples: [{ items: [answerExample] }] },
)
