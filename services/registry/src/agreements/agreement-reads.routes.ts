import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { InsufficientScopeError } from '@lexchange/auth'
import { clientOf, decodeCursor, encodeCursor, Page, problems } from '@lexchange/http-server'
import type { FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'

import { DirectoryEntryNotFoundError, SCOPES } from '../directory/index.ts'
import { findAgreement, listAgreements, listVersions } from './agreement.repository.ts'
import {
  AgreementAnswer,
  AgreementParams,
  AgreementQuery,
  EXAMPLE_VERSION,
  VersionAnswer,
  VersionQuery,
} from './agreement.schemas.ts'
import type { AgreementTables } from './agreement.tables.ts'
import type { Agreement } from './agreement.ts'
import { toAnswer, toVersionAnswer } from './agreement-answer.ts'

const ADMIN = 'directory:admin'
const config = { scope: [ADMIN, ...SCOPES.department] }

type ReadDeps = { db: Kysely<AgreementTables> }

export const agreementReadRoutes: FastifyPluginAsyncTypebox<ReadDeps> = async (app, { db }) => {
  await app.register(versionsRoute, { db })

  app.get(
    '/v1/agreements',
    {
      config,
      schema: {
        operationId: 'listAgreements',
        tags: ['agreements'],
        summary: 'Agreements, ordered by id; a department sees its own',
        querystring: AgreementQuery,
        response: { 200: Page(AgreementAnswer), ...problems(400) },
      },
    },
    async (request) => {
      const { limit = 50, cursor, departmentId } = request.query
      const own = ownDepartment(request as never)
      if (own !== undefined && departmentId !== undefined && departmentId !== own)
        return { items: [], nextCursor: null }
      const after = cursor === undefined ? undefined : decodeCursor(cursor, 1)[0]
      const page = { after, limit: limit + 1 }
      const found = await listAgreements(db, own ?? departmentId, page)
      const items = found.slice(0, limit)
      const last = found.length > limit ? items.at(-1) : undefined
      return {
        items: items.map(toAnswer),
        nextCursor: last ? encodeCursor([last.id]) : null,
      } as never
    },
  )

  app.get(
    '/v1/agreements/:id',
    {
      config,
      schema: {
        operationId: 'getAgreement',
        tags: ['agreements'],
        summary: 'One agreement: the terms in force, and the draft that waits for approval',
        params: AgreementParams,
        response: { 200: AgreementAnswer, ...problems(404) },
      },
    },
    async (request, reply) => {
      const agreement = await getAgreement(db, request as never)
      reply.header('etag', `"${agreement.revision}"`)
      return toAnswer(agreement) as never
    },
  )
}

const versionsRoute: FastifyPluginAsyncTypebox<ReadDeps> = async (app, { db }) => {
  app.get(
    '/v1/agreements/:id/versions',
    {
      config,
      schema: {
        operationId: 'listAgreementVersions',
        tags: ['agreements'],
        summary: 'Every version of the terms, oldest first: who drafted and who approved it',
        params: AgreementParams,
        querystring: VersionQuery,
        response: {
          200: Page(VersionAnswer, { examples: [{ items: [EXAMPLE_VERSION], nextCursor: null }] }),
          ...problems(400, 404),
        },
      },
    },
    async (request) => {
      const { limit = 50, cursor } = request.query
      const { id } = await getAgreement(db, request as never)
      const after = cursor === undefined ? 0 : versionOf(cursor)
      const found = await listVersions(db, id, { after, limit: limit + 1 })
      const items = found.slice(0, limit)
      const last = found.length > limit ? items.at(-1) : undefined
      const nextCursor = last ? encodeCursor([String(last.version)]) : null
      return { items: items.map(toVersionAnswer), nextCursor } as never
    },
  )
}

/** @throws DirectoryEntryNotFoundError also for another department's */
async function getAgreement(
  db: Kysely<AgreementTables>,
  request: FastifyRequest<{ Params: { id: string } }>,
): Promise<Agreement> {
  const { id } = request.params
  const own = ownDepartment(request)
  const agreement = await findAgreement(db, id)
  if (!agreement || (own !== undefined && own !== agreement.departmentId))
    throw new DirectoryEntryNotFoundError('agreement', id)
  return agreement
}

/** A department sees its own, whatever of its scopes the token carries; undefined: all are seen. */
function ownDepartment(request: FastifyRequest): string | undefined {
  const { scopes, departmentId } = clientOf(request)
  if (scopes.has(ADMIN)) return undefined
  if (departmentId === undefined) throw new InsufficientScopeError(ADMIN)
  return departmentId
}

function versionOf(cursor: string): number {
  const version = Number(decodeCursor(cursor, 1)[0])
  if (!Number.isInteger(version) || version < 1 || version > 2_147_483_647) decodeCursor('', 1)
  return version
}
