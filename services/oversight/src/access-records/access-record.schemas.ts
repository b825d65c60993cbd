import { AccessRecord, Slug, Time } from '@lexchange/contracts'
import { PageQuery } from '@lexchange/http-server'
import { Type } from 'typebox'

const Text = (maxLength: number, description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength, description }))

export const RecordQuery = Type.Object(
  {
    ...PageQuery,
    department: Type.Optional(Slug),
    license: Text(64, 'Id or number of a license'),
    holder: Text(18, 'USCC of the enterprise whose licenses were looked at'),
    caseRef: Text(128, 'Reference of the department'),
    client: Text(128, 'OAuth client'),
    agreement: Type.Optional(Slug),
    action: Type.Optional(AccessRecord.properties.action),
    outcome: Text(64, 'Verdict, `answered`, or the slug of the problem'),
    from: Type.Optional(Time),
    to: Type.Optional(Type.String({ format: 'date-time', description: 'Before this time' })),
  },
  { additionalProperties: false },
)

const { properties } = AccessRecord

export const RecordAnswer = Type.Object({
  id: properties.id,
  at: properties.at,
  department: properties.department,
  client: properties.client,
  action: properties.action,
  license: properties.license,
  holder: properties.holder,
  fields: Type.Array(Type.String(), { description: 'Matched or disclosed, each named once' }),
  matched: properties.matched,
  disclosed: properties.disclosed,
  purpose: properties.purpose,
  caseRef: properties.caseRef,
  agreement: properties.agreement,
  outcome: properties.outcome,
  refused: properties.refused,
  receipt: properties.receipt,
  verificationId: properties.verificationId,
})

export const EXAMPLE_RECORD = {
  id: '019ab3f2-7c00-7000-8000-000000000300',
  at: '2026-11-24T01:00:00.000Z',
  department: 'tax',
  client: 'tax-department',
  action: 'verification',
  license: {
    type: 'business-license',
    number: '914403001922038216',
    id: '019ab3f2-7c00-7000-8000-000000000001',
  },
  holder: '914403001922038216',
  fields: ['name', 'contactPhone'],
  matched: ['name'],
  disclosed: ['contactPhone'],
  purpose: 'tax',
  caseRef: 'SZ-2026-0117',
  agreement: 'tax',
  outcome: 'valid',
  refused: false,
  receipt: false,
  verificationId: '019ab3f2-7c00-7000-8000-000000000300',
}

export const ChainQuery = Type.Object(
  {
    ...PageQuery,
    source: Type.String({ minLength: 1, maxLength: 96, description: 'Process that recorded' }),
  },
  { additionalProperties: false },
)

export const EXAMPLE_CHAIN = {
  source: 'verification-3f1c-0',
  sequence: 1,
  previous: 'A'.repeat(43),
  hash: 'Zp0mXrM1yEFe9Kf7nQnU0r3fWbZ3kzqk4m2mQn2l8yA',
  region: '440300',
  ...(({ fields: _fields, ...record }) => record)(EXAMPLE_RECORD),
}
