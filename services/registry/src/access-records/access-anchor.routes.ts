import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { decodeCursor, encodeCursor, Page, problems } from '@lexchange/http-server'
import type { Kysely } from 'kysely'

import { listAnchors } from './access-anchor.repository.ts'
import { AccessAnchor, AnchorQuery, EXAMPLE_ANCHOR } from './access-anchor.schemas.ts'
import type { AccessRecordTables } from './access-record.tables.ts'

export const accessAnchorRoutes: FastifyPluginAsyncTypebox<{
  db: Kysely<AccessRecordTables>
}> = async (app, { db }) => {
  app.get(
    '/v1/access-anchors',
    {
      config: { scope: 'oversight:read' },
      schema: {
        operationId: 'listAccessAnchors',
        tags: ['oversight'],
        summary: 'How far the chains of access records have come, as the registry was told',
        description:
          'Kept apart from the records, so that whoever keeps those cannot remove or change one unnoticed.',
        querystring: AnchorQuery,
        response: {
          200: Page(AccessAnchor, { examples: [{ items: [EXAMPLE_ANCHOR], nextCursor: null }] }),
          ...problems(400),
        },
      },
    },
    async ({ query: { source, cursor, limit = 50 } }) => {
      const after = cursor === undefined ? '0' : positionOf(cursor)
      const found = await listAnchors(db, source, { after, limit: limit + 1 })
      const items = found.slice(0, limit)
      const last = found.length > limit ? items.at(-1) : undefined
      return {
        items: items.map(({ id: _position, ...anchor }) => anchor),
        nextCursor: last ? encodeCursor([last.id]) : null,
      }
    },
  )
}

function positionOf(cursor: string): string {
  const [position = ''] = decodeCursor(cursor, 1)
  if (!/^[0-9]{1,18}$/.test(position)) decodeCursor('', 1)
  return position
}
