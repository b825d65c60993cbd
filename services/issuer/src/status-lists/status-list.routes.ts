import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { problems } from '@lexchange/http-server'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'

import { createStatusListReader } from './read-status-list.ts'
import { StatusListHistoryError, StatusListNotFoundError } from './status-list.errors.ts'
import type { StatusListTables } from './status-list.tables.ts'

export type StatusListRouteDeps = {
  db: Kysely<StatusListTables>
  now: () => Date
  statusListTtlSeconds: number
}

const Params = Type.Object({
  id: Type.String({ format: 'uuid', examples: ['019ab3f2-7c00-7000-8000-0000000000a1'] }),
})

const Query = Type.Object(
  {
    time: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Seconds since 1970; not supported: 501' }),
    ),
  },
  { additionalProperties: false },
)

const Headers = Type.Object({
  'if-none-match': Type.Optional(Type.String({ description: 'ETag of the copy that is there' })),
})

/** docs/flows/get-status-list.md, docs/formats/status-list.md */
export const statusListRoutes: FastifyPluginAsyncTypebox<StatusListRouteDeps> = async (
  app,
  { db, now, statusListTtlSeconds },
) => {
  const readStatusList = createStatusListReader(db, now)
  const cacheControl = `public, max-age=${statusListTtlSeconds}`

  app.get(
    '/status-lists/:id',
    {
      config: { scope: 'public' },
      schema: {
        operationId: 'getStatusList',
        tags: ['status-lists'],
        summary: 'A status list (IETF Token Status List): what has become of many licenses at once',
        description:
          'Fetch it at most once per `ttl`. `Lexchange-Stale: true` says that it could not be signed anew, so that changes may be missing.',
        produces: ['application/statuslist+jwt'],
        params: Params,
        querystring: Query,
        headers: Headers,
        response: {
          200: {
            description: 'The signed list',
            content: {
              'application/statuslist+jwt': {
                schema: Type.String({ description: 'A JWT of typ statuslist+jwt' }),
              },
            },
          },
          304: Type.Null({ description: 'The copy that is there is the present one' }),
          ...problems(404, 501),
        },
      },
    },
    async (request, reply) => {
      if (request.query.time !== undefined) throw new StatusListHistoryError()
      const list = await readStatusList(request.params.id)
      if (!list) throw new StatusListNotFoundError(request.params.id)
      reply.headers({ etag: list.etag, 'cache-control': cacheControl, vary: 'accept-encoding' })
      if (list.stale) reply.header('lexchange-stale', 'true')
      const known = request.headers['if-none-match']?.split(',').map((tag) => tag.trim())
      if (known?.some((tag) => tag === '*' || tag.replace(/^W\//, '') === list.etag))
        return reply.code(304).send(undefined as never)
      reply.type('application/statuslist+jwt')
      if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? ''))
        return reply.send(list.token as never)
      return reply.header('content-encoding', 'gzip').send(list.gzipped as never)
    },
  )
}
