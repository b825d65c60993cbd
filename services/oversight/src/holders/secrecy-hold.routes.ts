import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  type Answer,
  CommandHeaders,
  clientOf,
  commandKeyOf,
  encodeCursor,
  Page,
  problems,
  refusalOf,
  sendAnswer,
} from '@lexchange/http-server'
import { type IdempotencyTables, runOnce } from '@lexchange/postgres'
import type { Kysely } from 'kysely'

import { decodePosition } from '../access-records/index.ts'
import type { AuditTables } from '../audit/index.ts'
import { endSecrecyHold } from './end-secrecy-hold.ts'
import { HOLD_PAGE, Hold, HoldParams, HoldQuery, NewHold } from './holder.schemas.ts'
import { placeSecrecyHold } from './place-secrecy-hold.ts'
import { listHolds, type SecrecyHold } from './secrecy-hold.repository.ts'
import type { HoldTables } from './secrecy-hold.tables.ts'

type Tables = HoldTables & AuditTables

export type HoldDeps = { db: Kysely<Tables & IdempotencyTables>; now: () => Date }

const listRoute: FastifyPluginAsyncTypebox<HoldDeps> = async (app, { db }) => {
  app.get(
    '/v1/secrecy-holds',
    {
      config: { scope: 'oversight:read' },
      schema: {
        operationId: 'listSecrecyHolds',
        tags: ['holders'],
        summary: 'What is or was held back from holders, the latest first',
        querystring: HoldQuery,
        response: { 200: Page(Hold, HOLD_PAGE) },
      },
    },
    async ({ query: { cursor, limit = 50 } }) => {
      const before = cursor === undefined ? undefined : decodePosition(cursor)
      const found = await listHolds(db as never, { before, limit: limit + 1 })
      const items = found.slice(0, limit)
      const last = found.length > limit ? items.at(-1) : undefined
      return {
        items: items.map(holdAnswer),
        nextCursor: last ? encodeCursor([last.createdAt.toISOString(), last.id]) : null,
      }
    },
  )
}

const placeRoute: FastifyPluginAsyncTypebox<HoldDeps> = async (app, { db, now }) => {
  app.post(
    '/v1/secrecy-holds',
    {
      config: { scope: 'oversight:act' },
      schema: {
        operationId: 'placeSecrecyHold',
        tags: ['holders'],
        summary: 'Hold records back from holders until a time, where a law says so',
        headers: CommandHeaders,
        body: NewHold,
        response: { 201: Hold, ...problems(409, 422) },
      },
    },
    async (request, reply) => {
      const act = { by: clientOf(request).clientId, now: now() }
      const once = await runOnce<Tables, Answer>(
        db as never,
        commandKeyOf(request),
        async (trx) => {
          const hold = await placeSecrecyHold(trx, request.body, act)
          const headers = { location: `/v1/secrecy-holds/${hold.id}` }
          return { status: 201, headers, body: holdAnswer(hold) }
        },
        refusalOf(request),
      )
      return sendAnswer(reply, once) as never
    },
  )
}

const endRoute: FastifyPluginAsyncTypebox<HoldDeps> = async (app, { db, now }) => {
  app.delete(
    '/v1/secrecy-holds/:id',
    {
      config: { scope: 'oversight:act' },
      schema: {
        operationId: 'endSecrecyHold',
        tags: ['holders'],
        summary: 'End a hold before its time; what it covered is shown to the holders then',
        params: HoldParams,
        response: { 200: Hold, ...problems(404) },
      },
    },
    async (request) => {
      const act = { by: clientOf(request).clientId, now: now() }
      const hold = await db
        .transaction()
        .execute((trx) => endSecrecyHold(trx as never, request.params.id, act))
      return holdAnswer(hold)
    },
  )
}

export const secrecyHoldRoutes: FastifyPluginAsyncTypebox<HoldDeps> = async (app, deps) => {
  await app.register(listRoute, deps)
  await app.register(placeRoute, deps)
  await app.register(endRoute, deps)
}

function holdAnswer(hold: SecrecyHold) {
  return {
    ...hold,
    until: hold.until.toISOString(),
    createdAt: hold.createdAt.toISOString(),
    endedAt: hold.endedAt?.toISOString() ?? null,
  }
}
