import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  type Answer,
  ChangeHeaders,
  CommandHeaders,
  clientOf,
  commandKeyOf,
  decodeCursor,
  encodeCursor,
  ifMatchOf,
  Page,
  PageQuery,
  problems,
  refusalOf,
  sendAnswer,
  traceparentOf,
} from '@lexchange/http-server'
import { type IdempotencyTables, runOnce } from '@lexchange/postgres'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { type TSchema, Type } from 'typebox'

import { changeEntry, type EntryChange } from './change-entry.ts'
import { DirectoryEntryNotFoundError } from './directory.errors.ts'
import { findEntry, listEntries } from './directory.repository.ts'
import { EntryParams } from './directory.schemas.ts'
import type { DirectoryTables } from './directory.tables.ts'
import type { Entry, EntryData, EntryKind, PublicKeyJwk } from './entry.ts'
import { type Act, registerEntry } from './register-entry.ts'

export type DirectoryDeps = { db: Kysely<DirectoryTables & IdempotencyTables>; now: () => Date }

/** What makes the routes of one kind of entry differ from those of another. */
export type EntryRoutes<Kind extends EntryKind> = {
  kind: Kind
  /** Plural, as in the path and in operationIds. */
  plural: string
  schemas: { new: TSchema; change: TSchema; answer: TSchema }
  toEntry(body: never): { data: EntryData[Kind]; publicKey: PublicKeyJwk | null }
  toChange(body: never): EntryChange<Kind>
  toAnswer(entry: Entry<Kind>): Record<string, unknown>
  readScope?: string | readonly string[]
  /** Id of the only entry that this caller may see; undefined where it may see all. */
  onlyOf?(request: FastifyRequest): string | undefined
}

const ADMIN = 'directory:admin'

const ListQuery = Type.Object(PageQuery, { additionalProperties: false })

export function entryRoutes<Kind extends EntryKind>(
  routes: EntryRoutes<Kind>,
): FastifyPluginAsyncTypebox<DirectoryDeps> {
  return async (app, deps) => {
    readRoutes(app as unknown as FastifyInstance, deps, routes)
    createRoute(app as unknown as FastifyInstance, deps, routes)
    updateRoute(app as unknown as FastifyInstance, deps, routes)
  }
}

function readRoutes<Kind extends EntryKind>(
  app: FastifyInstance,
  { db }: DirectoryDeps,
  { kind, plural, schemas, toAnswer, readScope = ADMIN, onlyOf }: EntryRoutes<Kind>,
): void {
  app.get<{ Querystring: { limit: number; cursor?: string } }>(
    `/v1/${plural}`,
    {
      config: { scope: readScope },
      schema: {
        operationId: `list${capitalise(plural)}`,
        tags: ['directory'],
        summary: `The ${plural} of the directory, ordered by id`,
        querystring: ListQuery,
        response: { 200: Page(schemas.answer), ...problems(400) },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query
      const only = onlyOf?.(request)
      if (only !== undefined) {
        const entry = await findEntry(db, kind, only)
        return { items: entry ? [toAnswer(entry)] : [], nextCursor: null }
      }
      const after = cursor === undefined ? undefined : decodeCursor(cursor, 1)[0]
      const entries = await listEntries(db, kind, { after, limit: limit + 1 })
      const items = entries.slice(0, limit)
      const last = entries.length > limit ? items.at(-1) : undefined
      return { items: items.map(toAnswer), nextCursor: last ? encodeCursor([last.data.id]) : null }
    },
  )

  app.get<{ Params: { id: string } }>(
    `/v1/${plural}/:id`,
    {
      config: { scope: readScope },
      schema: {
        operationId: `get${capitalise(kind)}`,
        tags: ['directory'],
        summary: `One ${kind} of the directory`,
        params: EntryParams,
        response: { 200: schemas.answer, ...problems(404) },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const only = onlyOf?.(request)
      const entry = only === undefined || only === id ? await findEntry(db, kind, id) : undefined
      if (!entry) throw new DirectoryEntryNotFoundError(kind, id)
      return reply.header('etag', `"${entry.revision}"`).send(toAnswer(entry))
    },
  )
}

function createRoute<Kind extends EntryKind>(
  app: FastifyInstance,
  { db, now }: DirectoryDeps,
  { kind, plural, schemas, toEntry, toAnswer }: EntryRoutes<Kind>,
): void {
  app.post(
    `/v1/${plural}`,
    {
      config: { scope: ADMIN },
      schema: {
        operationId: `create${capitalise(kind)}`,
        tags: ['directory'],
        summary: `Register a ${kind}; the services know it within a second`,
        headers: CommandHeaders,
        body: schemas.new,
        response: { 201: schemas.answer, ...problems(409, 422) },
      },
    },
    async (request, reply) => {
      const { data, publicKey } = toEntry(request.body as never)
      const once = await runOnce<DirectoryTables, Answer>(
        db,
        commandKeyOf(request),
        async (trx) => {
          const entry = await registerEntry(trx, kind, data, publicKey, actOf(request, now()))
          const location = `/v1/${plural}/${entry.data.id}`
          return { status: 201, headers: { etag: '"1"', location }, body: toAnswer(entry) }
        },
        refusalOf(request),
      )
      return sendAnswer(reply, once)
    },
  )
}

function updateRoute<Kind extends EntryKind>(
  app: FastifyInstance,
  { db, now }: DirectoryDeps,
  { kind, plural, schemas, toChange, toAnswer }: EntryRoutes<Kind>,
): void {
  app.patch<{ Params: { id: string } }>(
    `/v1/${plural}/:id`,
    {
      config: { scope: ADMIN },
      schema: {
        operationId: `update${capitalise(kind)}`,
        tags: ['directory'],
        summary: `Change or suspend a ${kind}; it takes effect within a second`,
        params: EntryParams,
        headers: ChangeHeaders,
        body: schemas.change,
        response: { 200: schemas.answer, ...problems(404, 409, 412, 422) },
      },
    },
    async (request, reply) => {
      const requireRevision = ifMatchOf(request)
      const change = toChange(request.body as never)
      const { id } = request.params
      const once = await runOnce<DirectoryTables, Answer>(
        db,
        commandKeyOf(request),
        async (trx) => {
          const act = actOf(request, now())
          const entry = await changeEntry(trx, kind, id, change, requireRevision, act)
          return { status: 200, headers: { etag: `"${entry.revision}"` }, body: toAnswer(entry) }
        },
        refusalOf(request),
      )
      return sendAnswer(reply, once)
    },
  )
}

export function actOf(request: FastifyRequest, now: Date): Act {
  return { by: clientOf(request).clientId, now, traceparent: traceparentOf(request) }
}

function capitalise(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
