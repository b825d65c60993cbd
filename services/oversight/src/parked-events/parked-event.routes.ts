import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Time } from '@lexchange/contracts'
import { decodeCursor, encodeCursor, Page, PageQuery } from '@lexchange/http-server'
import type { InboxTables } from '@lexchange/postgres'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'

import { listParkedEvents } from './parked-event.repository.ts'

const ParkedEvent = Type.Object({
  id: Type.String(),
  consumer: Type.String(),
  subject: Type.String(),
  streamSequence: Type.Integer(),
  reason: Type.String({ description: 'Slug of a problem: /problems/<reason> explains it' }),
  detail: Type.String(),
  parkedAt: Time,
})

const EXAMPLE = {
  id: '7',
  consumer: 'oversight',
  subject: 'directory.authority.shenzhen',
  streamSequence: 12,
  reason: 'event-malformed',
  detail: '/data/region must match pattern',
  parkedAt: '2026-11-24T01:00:00.000Z',
}

export const parkedEventRoutes: FastifyPluginAsyncTypebox<{ db: Kysely<InboxTables> }> = async (
  app,
  { db },
) => {
  app.get(
    '/v1/parked-events',
    {
      config: { scope: 'projection:read' },
      schema: {
        operationId: 'listParkedEvents',
        tags: ['events'],
        summary: 'Events that could not be applied, and why; oldest first',
        querystring: Type.Object(PageQuery, { additionalProperties: false }),
        response: {
          200: Page(ParkedEvent, { examples: [{ items: [EXAMPLE], nextCursor: null }] }),
        },
      },
    },
    async (request) => {
      const { cursor, limit = 50 } = request.query
      const [after = '0'] = cursor === undefined ? [] : decodeCursor(cursor, 1)
      // What is no number of ours was never given out as a cursor.
      if (!/^[0-9]{1,18}$/.test(after)) decodeCursor('', 1)
      const found = await listParkedEvents(db, after, limit + 1)
      const items = found.slice(0, limit)
      const last = found.length > limit ? items.at(-1) : undefined
      return { items, nextCursor: last ? encodeCursor([last.id]) : null }
    },
  )
}
