import { Slug, Time } from '@lexchange/contracts'
import { PageQuery } from '@lexchange/http-server'
import { type TSchema, Type } from 'typebox'

const State = Type.Union([
  Type.Literal('open'),
  Type.Literal('investigating'),
  Type.Literal('substantiated'),
  Type.Literal('dismissed'),
])
const Id = Type.String({ format: 'uuid' })
const Reason = Type.String({ minLength: 1, maxLength: 2000 })
const FindingIds = Type.Array(Id, { minItems: 1, maxItems: 100, uniqueItems: true })

export const CaseParams = Type.Object({ id: Id }, { additionalProperties: false })

export const CaseQuery = Type.Object(
  { ...PageQuery, department: Type.Optional(Slug), state: Type.Optional(State) },
  { additionalProperties: false },
)

export const NewCase = Type.Object(
  { findings: FindingIds, note: Reason },
  {
    additionalProperties: false,
    examples: [
      { findings: ['019ab3f2-7c00-7000-8000-000000000501'], note: 'Asks for all of a street' },
    ],
  },
)

export const Transition = Type.Object(
  { to: State, reason: Reason },
  {
    additionalProperties: false,
    examples: [{ to: 'investigating', reason: 'The tax office was asked for its case list' }],
  },
)

const Step = Type.Object({
  action: Type.Union([
    Type.Literal('opened'),
    Type.Literal('finding-added'),
    Type.Literal('moved'),
    Type.Literal('measure-ordered'),
  ]),
  state: State,
  at: Time,
  by: Type.String({ description: 'OAuth client of the officer; `rules` for what opens by itself' }),
  reason: Type.String(),
  detail: Type.Record(Type.String(), Type.Unknown()),
})

const summary = {
  id: Id,
  department: Slug,
  departmentName: Type.Union([Type.String(), Type.Null()]),
  state: State,
  version: Type.Integer(),
  openedAt: Time,
  updatedAt: Time,
}

export const CaseSummary = Type.Object(summary)

export function caseAnswer(finding: TSchema, measure: TSchema, examples: unknown[]) {
  return Type.Object(
    {
      ...summary,
      findings: Type.Array(finding),
      measures: Type.Array(measure),
      history: Type.Array(Step),
    },
    { examples },
  )
}

export const EXAMPLE_SUMMARY = {
  id: '019ab3f2-7c00-7000-8000-000000000601',
  department: 'tax',
  departmentName: 'Tax department',
  state: 'open' as const,
  version: 1,
  openedAt: '2026-11-24T01:05:00.000Z',
  updatedAt: '2026-11-24T01:05:00.000Z',
}

export const EXAMPLE_STEP = {
  action: 'opened',
  state: 'open',
  at: '2026-11-24T01:05:00.000Z',
  by: 'rules',
  reason: 'The caseRef SZ-2026-0117 was given for 310 holders',
  detail: { findings: ['019ab3f2-7c00-7000-8000-000000000501'] },
}
