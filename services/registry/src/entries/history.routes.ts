import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { decodeCursor, encodeCursor, Page, problems } from '@lexchange/http-server'
import type { Kysely } from 'kysely'

import { LicenseNotFoundError } from './entry.errors.ts'
import { EXAMPLE_HISTORY, HistoryItem, HistoryQuery, LicenseParams } from './entry.schemas.ts'
import type { EntryTables } from './entry.tables.ts'
import { listVersions } from './history.repository.ts'
import { findLicense } from './search.repository.ts'

export const historyRoute: FastifyPluginAsyncTypebox<{ db: Kysely<EntryTables> }> = async (
  app,
  { db },
) => {
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
          200: Page(HistoryItem, { examples: [{ items: [EXAMPLE_HISTORY], nextCursor: null }] }),
          ...problems(404),
        },
      },
    },
    async ({ params: { id }, query: { cursor, limit = 50 } }) => {
      const after = cursor === undefined ? 0 : versionOf(cursor)
      const versions = await listVersions(db, id, { after, limit: limit + 1 })
      if (versions.length === 0 && !(await findLicense(db, id))) throw new LicenseNotFoundError(id)
      const items = versions.slice(0, limit)
      const last = versions.length > limit ? items.at(-1) : undefined
      return { items, nextCursor: last ? encodeCursor([String(last.version)]) : null } as never
    },
  )
}

function versionOf(cursor: string): number {
  const version = Number(decodeCursor(cursor, 1)[0])
  if (!Number.isInteger(version) || version < 1 || version > 2_147_483_647) decodeCursor('', 1)
  return version
}
