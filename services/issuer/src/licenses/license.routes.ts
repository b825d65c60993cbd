import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  CommandHeaders,
  clientOf,
  commandKeyOf,
  problems,
  refusalOf,
  sendAnswer,
  traceparentOf,
} from '@lexchange/http-server'
import { type IdempotencyTables, runOnce } from '@lexchange/postgres'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Kysely, Transaction } from 'kysely'

import type { Directory } from '../directory/index.ts'
import { type Clock, issueLicense } from './issue-license.ts'
import { LicenseNotFoundError } from './license.errors.ts'
import { findLicense } from './license.repository.ts'
import {
  IssuedAnswer,
  IssueLicenseRequest,
  LicenseAnswer,
  LicenseParams,
  toApplication,
} from './license.schemas.ts'
import type { LicenseTables } from './license.tables.ts'
import { etagOf, licenseView } from './license.ts'

export type LicenseDeps = Clock & {
  db: Kysely<LicenseTables & IdempotencyTables>
  directory: Directory
}

const config = { scope: 'license:issue' }

export const licenseRoutes: FastifyPluginAsyncTypebox<LicenseDeps> = async (app, deps) => {
  const { db, directory, now } = deps

  app.post(
    '/licenses',
    {
      config,
      schema: {
        operationId: 'issueLicense',
        tags: ['licenses'],
        summary: 'Issue a license together with its seals',
        headers: CommandHeaders,
        body: IssueLicenseRequest,
        response: { 201: IssuedAnswer, ...problems(409, 422) },
      },
    },
    (request, reply) => issue(deps, request, reply),
  )

  app.get(
    '/licenses/:id',
    {
      config,
      schema: {
        operationId: 'getLicense',
        tags: ['licenses'],
        summary: 'The current version of a license, as its authority sees it',
        params: LicenseParams,
        response: { 200: LicenseAnswer, ...problems(404) },
      },
    },
    async (request, reply) => {
      const { id: authorityId } = directory.authorityOf(clientOf(request))
      const license = await findLicense(db, request.params.id, authorityId)
      if (!license) throw new LicenseNotFoundError(request.params.id)
      return reply
        .header('etag', etagOf(license))
        .send({ license: licenseView(license, now()) } as never)
    },
  )
}

async function issue(
  deps: LicenseDeps,
  request: FastifyRequest & { body: IssueLicenseRequest },
  reply: FastifyReply,
) {
  const client = clientOf(request)
  const authority = deps.directory.authorityOf(client)
  const application = toApplication(request.body)
  const caller = { by: client.clientId, traceparent: traceparentOf(request) }
  const once = await runOnce(
    deps.db,
    commandKeyOf(request),
    async (trx: Transaction<LicenseTables>) => {
      const license = await issueLicense(trx, deps, application, authority, caller)
      return {
        status: 201,
        headers: { location: `/v1/licenses/${license.id}`, etag: etagOf(license) },
        body: { license: licenseView(license, deps.now()), seals: [] as unknown },
      }
    },
    refusalOf(request),
  )
  return sendAnswer(reply, once)
}
