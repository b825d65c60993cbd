import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { clientOf, decodeCursor, encodeCursor, Page, problems } from '@lexchange/http-server'

import {
  EXAMPLE_HISTORY,
  GRANTED,
  HistoryItem,
  HistoryQuery,
  LicenseParams,
} from './entry.schemas.ts'
import { listVersions } from './history.repository.ts'
import { type ReadDeps, readLicense } from './read-license.ts'
import { readRecord } from './read-record.ts'

const HistoryPage = Page(HistoryItem, {
  examples: [{ items: [EXAMPLE_HISTORY], nextCursor: null }],
})

export const historyRoute: FastifyPluginAsyncTypebox<ReadDeps> = async (app, deps) => {
  app.get(
    '/v1/licenses/:id/history',
    {
      config: { scope: 'license:read' },
      schema: {
        operationId: 'getLicenseHistory',
        tags: ['licenses'],
        summary: 'Every version of a license, oldest first: who made it, when and why',
        params: LicenseParams,
        querystring: HistoryQuery,
        response: {
          200: {
            description: 'A page of versions; a department reads it by an agreement',
            headers: GRANTED,
            content: { 'application/json': { schema: HistoryPage } },
          },
          ...problems(403, 404, 503),
        },
      },
    },
    async (request, reply) => {
      const { cursor, limit = 50 } = request.query
      const { id } = request.params
      const after = cursor === undefined ? 0 : versionOf(cursor)
      const now = deps.now()
      const client = clientOf(request as never)
      const { license, agreement } = await readLicense(deps.db, id, {
        ...{ client, now },
        onFound: (found) => deps.licenses.set(request, found),
      })
      const versions = await listVersions(deps.db, id, { after, limit: limit + 1 })
      const items = versions.slice(0, limit)
      const last = versions.length > limit ? items.at(-1) : undefined
      const read = { client, action: 'history', now, agreement } as const
      await deps.recorder.record([readRecord(read, license)])
      if (agreement !== undefined) reply.header('lexchange-agreement', agreement)
      return { items, nextCursor: last ? encodeCursor([String(last.version)]) : null } as never
    },
  )
}

function versionOf(cursor: string): number {
  const version = Number(decodeCursor(cursor, 1)[0])
  if (!Number.isInteger(version) || version < 1 || version > 2_147_483_647) decodeCursor('', 1)
  return version
}
