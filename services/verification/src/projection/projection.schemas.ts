import { Page, PageQuery } from '@lexchange/http-server'
import { Type } from 'typebox'

const ParkedEvent = Type.Object({
  id: Type.String(),
  subject: Type.String(),
  streamSequence: Type.Integer({ description: 'Where it stands in LICENSES, or in SEALED' }),
  reason: Type.String({ description: 'Problem code of what stands against it' }),
  detail: Type.String(),
  message: Type.String({ description: 'The message as it came; empty for one of SEALED' }),
  parkedAt: Type.String({ format: 'date-time' }),
})

const example = {
  id: '1234',
  subject: 'license.440300.business-license.issued',
  streamSequence: 1234,
  reason: 'event-malformed',
  detail: '/data/version must be integer',
  message: '{"specversion":"1.0"}',
  parkedAt: '2026-11-24T01:00:00.000Z',
}

export const ParkedEvents = Page(ParkedEvent, {
  examples: [{ items: [example], nextCursor: null }],
})

export const ParkedEventsQuery = Type.Object(PageQuery, { additionalProperties: false })

export const SnapshotAnswer = {
  description: 'One license with all its versions per line, sorted by type, number and id',
  headers: {
    'lexchange-position': Type.Integer({ description: 'What the lines are current to' }),
    'lexchange-stream-created': Type.String({ description: 'The stream that position counts in' }),
  },
  content: { 'application/x-ndjson': { schema: Type.String() } },
}
