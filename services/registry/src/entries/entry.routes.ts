import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  clientOf,
  decodeCursor,
  encodeCursor,
  Page,
  problems,
  requestedTime,
} from '@lexchange/http-server'
import type { FastifyInstance } from 'fastify'

import {
  EXAMPLE_LICENSE,
  GRANTED,
  License,
  LicenseAnswer,
  LicenseParams,
  LicenseQuery,
} from './entry.schemas.ts'
import { historyRoute } from './history.routes.ts'
import { viewAt } from './license-view.ts'
import { readGrantsOf, requireSearchGrants, shownBy } from './read-grants.ts'
import { type EntryDeps, type ReadDeps, readLicense } from './read-license.ts'
import { foundRecords, readRecord } from './read-record.ts'
import { recordRefusals } from './refusal.routes.ts'
import { type LicensePosition, searchLicenses } from './search.repository.ts'

const SCOPE = 'license:read'

export const entryRoutes: FastifyPluginAsyncTypebox<EntryDeps> = async (app, deps) => {
  const reads: ReadDeps = { ...deps, licenses: new WeakMap() }
  recordRefusals(app as unknown as FastifyInstance, deps.recorder, reads.licenses, deps.now)
  await app.register(searchRoute, reads)
  await app.register(licenseRoute, reads)
  await app.register(historyRoute, reads)
}

const searchRoute: FastifyPluginAsyncTypebox<ReadDeps> = async (app, { db, now, recorder }) => {
  app.get(
    '/v1/licenses',
    {
      config: { scope: SCOPE },
      schema: {
        operationId: 'searchLicenses',
        tags: ['licenses'],
        summary: 'Search licenses; ordered by their last change and id',
        description:
          'A department finds what its agreements cover: a filter that none of them covers is refused. Every license found is recorded.',
        querystring: LicenseQuery,
        response: {
          200: {
            description: 'A page of licenses',
            headers: GRANTED,
            content: {
              'application/json': {
                schema: Page(License, {
                  examples: [{ items: [EXAMPLE_LICENSE], nextCursor: null }],
                }),
              },
            },
          },
          ...problems(403, 503),
        },
      },
    },
    async (request, reply) => {
      const { cursor, limit = 50, updatedSince, ...filter } = request.query
      const at = now()
      const client = clientOf(request as never)
      const after = cursor === undefined ? undefined : positionOf(cursor)
      const grants = await readGrantsOf(db, client)
      const granted = requireSearchGrants(grants, filter, at)
      const since =
        updatedSince === undefined ? undefined : requestedTime('/updatedSince', updatedSince)
      const found = await searchLicenses(
        db,
        { ...filter, updatedSince: since, granted },
        { after, limit: limit + 1, now: at },
      )
      const items = found.slice(0, limit).map((license) => shownBy(license, grants, at))
      const last = found.length > limit ? items.at(-1) : undefined
      const read = { client, action: 'search', now: at } as const
      await recorder.record(foundRecords(read, items, filter, granted))
      if (granted) reply.header('lexchange-agreement', granted.map(({ id }) => id).join(', '))
      return {
        items: items.map((license) => viewAt(license, at)),
        nextCursor: last ? encodeCursor([last.updatedAt.toISOString(), last.id]) : null,
      } as never
    },
  )
}

const licenseRoute: FastifyPluginAsyncTypebox<ReadDeps> = async (app, deps) => {
  app.get(
    '/v1/licenses/:id',
    {
      config: { scope: SCOPE },
      schema: {
        operationId: 'getLicense',
        tags: ['licenses'],
        summary: 'The current version of a license',
        params: LicenseParams,
        response: {
          200: {
            description: 'The license; a department reads it by an agreement',
            headers: GRANTED,
            content: { 'application/json': { schema: LicenseAnswer } },
          },
          ...problems(403, 404, 503),
        },
      },
    },
    async (request, reply) => {
      const at = deps.now()
      const client = clientOf(request as never)
      const { license, agreement } = await readLicense(deps.db, request.params.id, {
        ...{ client, now: at },
        onFound: (found) => deps.licenses.set(request, found),
      })
      const read = { client, action: 'license', now: at, agreement } as const
      await deps.recorder.record([readRecord(read, license)])
      reply.header('etag', `"${license.version}"`)
      if (agreement !== undefined) reply.header('lexchange-agreement', agreement)
      return { license: viewAt(license, at) } as never
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
