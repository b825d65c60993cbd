import { Slug, Time } from '@lexchange/contracts'
import { PageQuery } from '@lexchange/http-server'
import { Type } from 'typebox'

import { RULE_KINDS, type RuleKind } from './rule.ts'

const Kind = Type.Unsafe<RuleKind>(Type.Union(RULE_KINDS.map((kind) => Type.Literal(kind))))
const SeveritySchema = Type.Union([Type.Literal('medium'), Type.Literal('high')])
const Day = Type.String({ format: 'date', description: 'Day in China (UTC+8)' })
const Figures = Type.Record(Type.String(), Type.Number())

export const Finding = Type.Object({
  id: Type.String({ format: 'uuid' }),
  rule: Type.String({ description: 'Id of the rule' }),
  kind: Kind,
  department: Slug,
  day: Day,
  severity: SeveritySchema,
  score: Type.Number({ description: 'How many times the threshold' }),
  evidence: Type.Object({
    summary: Type.String(),
    figures: Figures,
    thresholds: Figures,
    records: Type.Array(Type.String(), { description: 'Ids of access records, for example' }),
    numbers: Type.Array(Type.String(), { description: 'Numbers of licenses, for example' }),
  }),
  foundAt: Time,
  updatedAt: Time,
})

export const EXAMPLE_FINDING = {
  id: '019ab3f2-7c00-7000-8000-000000000501',
  rule: 'case-reuse',
  kind: 'case-reuse' as const,
  department: 'tax',
  day: '2026-11-24',
  severity: 'high' as const,
  score: 3.1,
  evidence: {
    summary: 'The caseRef SZ-2026-0117 was given for 310 holders',
    figures: { holders: 310, records: 322, usual: 4 },
    thresholds: { holders: 100, ownFactor: 2, high: 2 },
    records: ['019ab3f2-7c00-7000-8000-000000000300'],
    numbers: ['914403001922038216'],
  },
  foundAt: '2026-11-24T01:00:00.000Z',
  updatedAt: '2026-11-24T01:05:00.000Z',
}

export const FindingQuery = Type.Object(
  {
    ...PageQuery,
    department: Type.Optional(Slug),
    kind: Type.Optional(Kind),
    rule: Type.Optional(Type.String({ maxLength: 64 })),
    severity: Type.Optional(SeveritySchema),
    from: Type.Optional(Type.String({ format: 'date', description: 'First day' })),
    to: Type.Optional(Type.String({ format: 'date', description: 'Last day' })),
  },
  { additionalProperties: false },
)

export const IdParams = Type.Object(
  { id: Type.String({ format: 'uuid' }) },
  { additionalProperties: false },
)
export const RuleParams = Type.Object(
  { id: Type.String({ minLength: 1, maxLength: 64 }) },
  { additionalProperties: false },
)

const Values = Type.Record(
  Type.String({ pattern: '^[A-Za-z]{1,32}$' }),
  Type.Number({ minimum: 0, maximum: 1_000_000_000 }),
)
const DepartmentKind = Type.String({ pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', maxLength: 64 })

export const Rule = Type.Object({
  id: Type.String(),
  kind: Kind,
  enabled: Type.Boolean(),
  thresholds: Type.Record(Type.String(), Figures, {
    description: 'By kind of department; `default` holds for all others',
  }),
  effective: Type.Record(Type.String(), Figures, {
    description: 'The same, with what holds where nothing is set',
  }),
  revision: Type.Integer(),
  changedAt: Time,
  changedBy: Type.String(),
})

export const EXAMPLE_RULE = {
  id: 'case-reuse',
  kind: 'case-reuse' as const,
  enabled: true,
  thresholds: { default: {}, tendering: { holders: 150 } },
  effective: {
    default: { holders: 100, ownFactor: 2, high: 2 },
    tendering: { holders: 150, ownFactor: 2, high: 2 },
  },
  revision: 1,
  changedAt: '2026-11-24T01:00:00.000Z',
  changedBy: 'migration',
}

const Thresholds = Type.Record(DepartmentKind, Type.Union([Values, Type.Null()]), {
  description: 'What is to change, by kind of department; null takes a kind back to `default`',
})

export const RuleChange = Type.Object(
  { enabled: Type.Optional(Type.Boolean()), thresholds: Type.Optional(Thresholds) },
  {
    additionalProperties: false,
    minProperties: 1,
    examples: [{ thresholds: { tendering: { holders: 200 } } }],
  },
)

export const DryRunRequest = Type.Object(
  { from: Day, to: Day, thresholds: Type.Optional(Thresholds) },
  {
    additionalProperties: false,
    examples: [{ from: '2026-11-01', to: '2026-11-24', thresholds: { default: { holders: 50 } } }],
  },
)

const { id: _id, foundAt: _f, updatedAt: _u, ...drafted } = Finding.properties
const { id: _i, foundAt: _g, updatedAt: _v, ...EXAMPLE_DRAFT } = EXAMPLE_FINDING

export const DryRunAnswer = Type.Object(
  {
    records: Type.Integer({ description: 'Records that were looked at' }),
    findings: Type.Array(Type.Object(drafted)),
  },
  { examples: [{ records: 48_112, findings: [EXAMPLE_DRAFT] }] },
)
