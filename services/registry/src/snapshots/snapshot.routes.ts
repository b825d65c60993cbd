import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { LicenseSnapshot } from '@lexchange/contracts'
import { problems } from '@lexchange/http-server'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'

import type { EntryTables } from '../entries/index.ts'
import { readSnapshot } from './read-snapshot.ts'

export type SnapshotDeps = {
  db: Kysely<EntryTables>
  /** Last sequence number of a stream, and when it was made. */
  readPosition: (stream: 'LICENSES' | 'SEALED') => Promise<{ position: number; created: string }>
}

export const snapshotRoutes: FastifyPluginAsyncTypebox<SnapshotDeps> = async (
  app,
  { db, readPosition },
) => {
  app.get(
    '/v1/snapshots/licenses',
    {
      // A HEAD would read the whole snapshot for nothing.
      exposeHeadRoute: false,
      config: { scope: 'projection:read' },
      schema: {
        operationId: 'readSnapshot',
        tags: ['projections'],
        summary: 'All licenses with all their versions, to begin a projection with (NDJSON)',
        description:
          'One license a line, sorted by type, number and id in byte order. It contains all events up to `Lexchange-Position` of the LICENSES stream that was made at `Lexchange-Stream-Created`; follow the stream from there. It is complete when it has `Lexchange-Licenses` lines.',
        response: {
          200: {
            description: 'NDJSON, one license a line',
            headers: {
              'Lexchange-Position': Type.Integer(),
              'Lexchange-Licenses': Type.Integer(),
              'Lexchange-Stream-Created': Type.String({ format: 'date-time' }),
            },
            content: { 'application/x-ndjson': { schema: LicenseSnapshot } },
          },
          ...problems(503),
        },
      },
    },
    async (_request, reply) => {
      // In this order: what is in the stream now was committed before, so the snapshot contains it.
      const { position, created } = await readPosition('LICENSES')
      const { licenses, lines } = await readSnapshot(db)
      return reply
        .header('lexchange-position', String(position))
        .header('lexchange-licenses', String(licenses))
        .header('lexchange-stream-created', created)
        .type('application/x-ndjson')
        .send(lines as never)
    },
  )
}
