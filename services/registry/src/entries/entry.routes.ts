import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { decodeCursor, encodeCursor, Page, problems } from '@lexchange/http-server'
import type { Kysely } from 'kysely'

import { LicenseNotFoundError } from './entry.errors.ts'
import {
  EXAMPLE_LICENSE,
  License,
  LicenseAnswer,
  LicenseParams,
  LicenseQuery,
} from './entry.schemas.ts'
import type { EntryTables } from './entry.tables.ts'
import { historyRoute } from './history.routes.ts'
import { viewAt } from './license-view.ts'
import { findLicense, type LicensePosition, searchLicenses } from './search.repository.ts'

export type EntryDeps = { db: Kysely<EntryTables>; now: () => Date }

const SCOPE = 'license:read'

export const entryRoutes: FastifyPluginAsyncTypebox<EntryDeps> = async (app, { db, now }) => {
  await app.register(historyRoute, { db })

  app.get(
    '/v1/licenses',
    {
      config: { scope: SCOPE },
      schema: {
        operationId: 'searchLicenses',
        tags: ['licenses'],
        summary: 'Search licenses; ordered by their last change and id',
        querystring: LicenseQuery,
        response: {
          200: Page(License, { examples: [{ items: [EXAMPLE_LICENSE], nextCursor: null }] }),
        },
      },
    },
    async ({ query: { cursor, limit = 50, updatedSince, ...filter } }) => {
      const at = now()
      const found = await searchLicenses(
        db,
        {
          ...filter,
          updatedSince: updatedSince === undefined ? undefined : new Date(updatedSince),
        },
        { after: cursor === undefined ? undefined : positionOf(cursor), limit: limit + 1, now: at },
      )
      const items = found.slice(0, limit)
      const last = found.length > limit ? items.at(-1) : undefined
      return {
        items: items.map((license) => viewAt(license, at)),
        nextCursor: last ? encodeCursor([last.updatedAt.toISOString(), last.id]) : null,
      } as never
    },
  )

  app.get(
    '/v1/licenses/:id',
    {
      config: { scope: SCOPE },
      schema: {
        operationId: 'getLicense',
        tags: ['licenses'],
        summary: 'The current version of a license',
        params: LicenseParams,
        response: { 200: LicenseAnswer, ...problems(404) },
      },
    },
    async ({ params: { id } }, reply) => {
      const license = await findLicense(db, id)
      if (!license) throw new LicenseNotFoundError(id)
      reply.header('etag', `"${license.version}"`)
      return { license: viewAt(license, now()) } as never
    },
  )
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A forged cursor is refused like any that is no cursor of ours. */
function positionOf(cursor: string): LicensePosition {
  const [time = '', id = ''] = decodeCursor(cursor, 2)
  const updatedAt = new Date(time)
  if (Number.isNaN(updatedAt.getTime()) || !UUID.test(id)) decodeCursor('', 2)
  return { updatedAt, id }
}
