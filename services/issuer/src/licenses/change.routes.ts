import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  ChangeHeaders,
  clientOf,
  commandKeyOf,
  ifMatchOf,
  problems,
  refusalOf,
  sendAnswer,
  traceparentOf,
} from '@lexchange/http-server'
import { runOnce } from '@lexchange/postgres'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Transaction } from 'kysely'

import type { Directory } from '../directory/index.ts'
import { amendLicense } from './amend-license.ts'
import { cancelLicense } from './cancel-license.ts'
import type { ChangeCommand } from './change-license.ts'
import type { LicenseDeps } from './license.routes.ts'
import {
  AmendRequest,
  ChangeRequest,
  LicenseAnswer,
  LicenseParams,
  RenewRequest,
  toTime,
} from './license.schemas.ts'
import type { LicenseTables } from './license.tables.ts'
import { etagOf, type License, licenseView } from './license.ts'
import { reinstateLicense } from './reinstate-license.ts'
import { renewLicense } from './renew-license.ts'
import { revokeLicense } from './revoke-license.ts'
import { suspendLicense } from './suspend-license.ts'

const config = { scope: 'license:issue' }

type Run = (trx: Transaction<LicenseTables>, command: ChangeCommand) => Promise<License>
type Request = FastifyRequest<{ Params: { id: string } }> & { body: ChangeRequest }

const CHANGE = {
  tags: ['licenses'],
  params: LicenseParams,
  headers: ChangeHeaders,
  response: { 200: LicenseAnswer, ...problems(404, 409, 412, 422) },
}

const MOVES = [
  {
    verb: 'suspend',
    operationId: 'suspendLicense',
    summary: 'Suspend an active license',
    run: suspendLicense,
  },
  {
    verb: 'reinstate',
    operationId: 'reinstateLicense',
    summary: 'Make a suspended license active again',
    run: reinstateLicense,
  },
  {
    verb: 'revoke',
    operationId: 'revokeLicense',
    summary: 'End a license for cause, for good',
    run: revokeLicense,
  },
  {
    verb: 'cancel',
    operationId: 'cancelLicense',
    summary: "End a license on its holder's request, for good",
    run: cancelLicense,
  },
] as const

/** The six commands that change a license. */
export const changeRoutes: FastifyPluginAsyncTypebox<LicenseDeps> = async (app, deps) => {
  app.post(
    '/licenses/:id/amend',
    {
      config,
      schema: {
        ...CHANGE,
        operationId: 'amendLicense',
        summary: "Change claims, the holder's name or both",
        body: AmendRequest,
      },
    },
    (request, reply) => {
      const { claims, holder } = request.body
      return change(deps, request, reply, (trx, command) =>
        amendLicense(trx, deps, command, { claims, holderName: holder?.name }),
      )
    },
  )

  app.post(
    '/licenses/:id/renew',
    {
      config,
      schema: {
        ...CHANGE,
        operationId: 'renewLicense',
        summary: 'Move the end of validity, or take it away',
        body: RenewRequest,
      },
    },
    (request, reply) => {
      const { validUntil } = request.body
      const end = validUntil === null ? null : toTime(validUntil, '/validUntil')
      return change(deps, request, reply, (trx, command) => renewLicense(trx, deps, command, end))
    },
  )

  for (const { verb, operationId, summary, run } of MOVES) {
    app.post(
      `/licenses/:id/${verb}`,
      { config, schema: { ...CHANGE, operationId, summary, body: ChangeRequest } },
      (request, reply) => change(deps, request, reply, (trx, command) => run(trx, deps, command)),
    )
  }
}

async function change(deps: LicenseDeps, request: Request, reply: FastifyReply, run: Run) {
  const command = toCommand(request, deps.directory)
  const once = await runOnce(
    deps.db,
    commandKeyOf(request),
    async (trx: Transaction<LicenseTables>) => {
      const license = await run(trx, command)
      return {
        status: 200,
        headers: { etag: etagOf(license) },
        body: { license: licenseView(license, deps.now()) } as unknown,
      }
    },
    refusalOf(request),
  )
  return sendAnswer(reply, once)
}

function toCommand(request: Request, directory: Directory): ChangeCommand {
  const client = clientOf(request)
  const { reason, legalBasis = null, effectiveAt } = request.body
  return {
    id: request.params.id,
    authorityId: directory.authorityOf(client).id,
    by: client.clientId,
    reason,
    legalBasis,
    effectiveAt: effectiveAt === undefined ? undefined : toTime(effectiveAt, '/effectiveAt'),
    traceparent: traceparentOf(request),
    requireVersion: ifMatchOf(request),
  }
}
