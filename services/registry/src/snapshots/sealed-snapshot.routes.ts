import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { SealedSnapshot } from '@lexchange/contracts'
import { clientOf, problems } from '@lexchange/http-server'
import { Type } from 'typebox'

import { readSealedSnapshot } from './read-sealed-snapshot.ts'
import { ServiceClientRequiredError } from './snapshot.errors.ts'
import type { SnapshotDeps } from './snapshot.routes.ts'

export const sealedSnapshotRoutes: FastifyPluginAsyncTypebox<SnapshotDeps> = async (
  app,
  { db, readPosition },
) => {
  app.get(
    '/v1/snapshots/sealed-claims',
    {
      exposeHeadRoute: false,
      config: { scope: 'projection:read' },
      schema: {
        operationId: 'readSealedSnapshot',
        tags: ['projections'],
        summary: 'All personal and secret claims, encrypted, to begin a projection with (NDJSON)',
        description:
          'One license a line, sorted by id, for clients of kind `service` only. It contains all events up to `Lexchange-Position` of the SEALED stream that was made at `Lexchange-Stream-Created`. It is complete when it has `Lexchange-Licenses` lines.',
        response: {
          200: {
            description: 'NDJSON, one license a line',
            headers: {
              'Lexchange-Position': Type.Integer(),
              'Lexchange-Licenses': Type.Integer(),
              'Lexchange-Stream-Created': Type.String({ format: 'date-time' }),
            },
            content: { 'application/x-ndjson': { schema: SealedSnapshot } },
          },
          ...problems(403, 503),
        },
      },
    },
    async (request, reply) => {
      if (clientOf(request).kind !== 'service') throw new ServiceClientRequiredError()
      // In this order: what is in the stream now was committed before, so the snapshot contains it.
      const { position, created } = await readPosition('SEALED')
      const { licenses, lines } = await readSealedSnapshot(db)
      return reply
        .header('lexchange-position', String(position))
        .header('lexchange-licenses', String(licenses))
        .header('lexchange-stream-created', created)
        .type('application/x-ndjson')
        .send(lines as never)
    },
  )
}
