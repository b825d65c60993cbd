import { Readable } from 'node:stream'

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { LicenseSnapshot } from '@lexchange/contracts'
import type { Kysely } from 'kysely'

import type { LicenseTables } from '../licenses/index.ts'
import { readSnapshot } from './read-snapshot.ts'

export const snapshotRoutes: FastifyPluginAsyncTypebox<{ db: Kysely<LicenseTables> }> = async (
  app,
  { db },
) => {
  app.get(
    '/snapshots/licenses',
    {
      config: { scope: 'projection:read' },
      schema: {
        operationId: 'readSnapshot',
        tags: ['projections'],
        summary:
          'All licenses of this issuer with all their versions, to compare copies with (NDJSON)',
        description:
          'One license a line, sorted by type, number and id in byte order; public claims only.',
        response: {
          200: {
            description: 'NDJSON, one license a line',
            content: { 'application/x-ndjson': { schema: LicenseSnapshot } },
          },
        },
      },
    },
    async (_request, reply) =>
      reply
        .type('application/x-ndjson')
        .send(Readable.from(readSnapshot(db), { objectMode: false }) as never),
  )
}
