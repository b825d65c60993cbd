import { type Static, Type } from 'typebox'

import { defineEvent } from './event.ts'
import { Field, Slug, Time } from './license-data.ts'

const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength })
const OrNull = <Schema extends ReturnType<typeof Type.String>>(schema: Schema) =>
  Type.Union([schema, Type.Null()])

const Hash = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$', description: 'SHA-256 in base64url' })
const Source = Type.String({
  pattern: '^[a-z]+-[a-z0-9-]+$',
  maxLength: 96,
  description: 'The process that recorded, `<service>-<id>`: each has a chain of its own',
})
const Sequence = Type.Integer({ minimum: 1, description: 'Within the source, without a gap' })

/** What was asked for. */
export const AccessAction = Type.Union([
  Type.Literal('status'),
  Type.Literal('verification'),
  Type.Literal('batch-item'),
  Type.Literal('license'),
  Type.Literal('history'),
  Type.Literal('search'),
])
export type AccessAction = Static<typeof AccessAction>

/**
 * Who looked at what, when and why; never a value. `hash` covers everything else and the hash of the
 * record before it (`hashAccessRecord` of @lexchange/access-records).
 */
export const AccessRecord = Type.Object({
  source: Source,
  sequence: Sequence,
  previous: Hash,
  hash: Hash,
  id: Type.String({ format: 'uuid' }),
  at: Time,
  department: OrNull(Slug),
  client: Text(128),
  action: AccessAction,
  license: Type.Object({ type: OrNull(Text(64)), number: OrNull(Text(64)), id: OrNull(Text(64)) }),
  region: Type.Union([Text(6), Type.Null()], { description: 'Of the license' }),
  holder: Type.Union([Text(18), Type.Null()], { description: 'USCC of the enterprise' }),
  matched: Type.Array(Field, { maxItems: 32, description: 'Fields that were to be compared' }),
  disclosed: Type.Array(Field, { maxItems: 64, description: 'Fields that were to be disclosed' }),
  purpose: OrNull(Text(64)),
  caseRef: OrNull(Text(128)),
  agreement: OrNull(Slug),
  outcome: Type.String({
    maxLength: 64,
    description: 'The verdict, `answered`, or the slug of the problem',
  }),
  refused: Type.Boolean({ description: 'The outcome is a problem' }),
  receipt: Type.Boolean({ description: 'A signed receipt was given' }),
  verificationId: OrNull(Text(64)),
})
export type AccessRecord = Static<typeof AccessRecord>

const { license, ...ofRecord } = AccessRecord.properties

/**
 * A record as it is written and sent: its hash, and an array of all that the hash covers. SHA-256 over the
 * text of that array, as it stands in the message, gives the hash. Closed: a further element is a new
 * version of the event, because nobody who does not know it could check the hash.
 */
export const AccessRow = Type.Tuple([
  ofRecord.hash,
  Type.Tuple([
    ofRecord.source,
    ofRecord.sequence,
    ofRecord.previous,
    ofRecord.id,
    ofRecord.at,
    ofRecord.department,
    ofRecord.client,
    ofRecord.action,
    license.properties.type,
    license.properties.number,
    license.properties.id,
    ofRecord.region,
    ofRecord.holder,
    ofRecord.matched,
    ofRecord.disclosed,
    ofRecord.purpose,
    ofRecord.caseRef,
    ofRecord.agreement,
    ofRecord.outcome,
    ofRecord.refused,
    ofRecord.receipt,
    ofRecord.verificationId,
  ]),
])
export type AccessRow = Static<typeof AccessRow>

/**
 * Records of one source and one department, ascending; the event's subject is the source. Rows, because
 * names of members would be half of what is written to disk before each answer.
 */
export const accessRecorded = defineEvent(
  'access.recorded',
  2,
  Type.Object({ records: Type.Array(AccessRow, { minItems: 1, maxItems: 500 }) }),
)

/** What was sent before rows were: it may wait on a disk or in the stream still. */
export const accessRecordedV1 = defineEvent(
  'access.recorded',
  1,
  Type.Object({ records: Type.Array(AccessRecord, { minItems: 1, maxItems: 500 }) }),
)

/** How far a source has come; the registry keeps these, so that oversight cannot forget what it got. */
export const AccessHead = Type.Object({
  source: Source,
  sequence: Sequence,
  hash: Hash,
  at: Time,
})
export type AccessHead = Static<typeof AccessHead>

export const accessHead = defineEvent('access.head', 1, AccessHead)

/** NATS subject: `access.<region>.<department>`; who is no department counts as `none` of the country. */
export function accessSubject(region: string | null, department: string | null): string {
  return `access.${region ?? '100000'}.${department ?? 'none'}`
}

/** NATS subject: `access-head.<source>`. */
export function accessHeadSubject(source: string): string {
  return `access-head.${source}`
}
