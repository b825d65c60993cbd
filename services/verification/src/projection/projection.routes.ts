import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { problems } from '@lexchange/http-server'
import type { Projection } from './create-projection.ts'
import { listParkedEvents } from './list-parked-events.ts'
import { listSnapshot } from './list-snapshot.ts'
import { ParkedEvents, ParkedEventsQuery, SnapshotAnswer } from './projection.schemas.ts'

export const projectionRoutes: FastifyPluginAsyncTypebox<{ projection: Projection }> = async (
  app,
  { projection },
) => {
  app.get(
    '/snapshots/licenses',
    {
      config: { scope: 'projection:read' },
      schema: {
        operationId: 'listSnapshot',
        tags: ['projection'],
        summary: 'All licenses of this projection, with every version',
        description: 'For checking that issuer, registry and projection agree.',
        response: { 200: SnapshotAnswer, ...problems(503) },
      },
    },
    async (_request, reply) => {
      const { position, streamCreated, lines } = listSnapshot(projection)
      return reply
        .header('lexchange-position', position)
        .header('lexchange-stream-created', streamCreated)
        .type('application/x-ndjson')
        .send(Readable.from(lines, { objectMode: false }) as unknown as string)
    },
  )

  app.get(
    '/parked-events',
    {
      config: { scope: 'projection:read' },
      schema: {
        operationId: 'listParkedEvents',
        tags: ['projection'],
        summary: 'Events that could not be applied, with the reason',
        querystring: ParkedEventsQuery,
        response: { 200: ParkedEvents, ...problems(503) },
      },
    },
    async (request) => listParkedEvents(projection, request.query),
  )
}
