import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  ChangeHeaders,
  clientOf,
  ifMatchOf,
  problems,
  requestedTime,
  traceparentOf,
} from '@lexchange/http-server'
import type { FastifyReply, FastifyRequest } from 'fastify'

import type { Directory } from '../directory/index.ts'
import { amendLicense } from './amend-license.ts'
import { cancelLicense } from './cancel-license.ts'
import type { ChangeCommand, Decide } from './change-license.ts'
import { answerChange } from './command.routes.ts'
import type { LicenseDeps } from './license.routes.ts'
import {
  AmendRequest,
  ChangeRequest,
  LicenseAnswer,
  LicenseParams,
  RenewRequest,
  toHolderKey,
} from './license.schemas.ts'
import { reinstateLicense } from './reinstate-license.ts'
import { renewLicense } from './renew-license.ts'
import { revokeLicense } from './revoke-license.ts'
import { suspendLicense } from './suspend-license.ts'

const config = { scope: 'license:issue' }

type Request = FastifyRequest<{ Params: { id: string } }> & { body: ChangeRequest }

const CHANGE = {
  tags: ['licenses'],
  params: LicenseParams,
  headers: ChangeHeaders,
  response: { 200: LicenseAnswer, ...problems(404, 409, 410, 412, 422, 503) },
}

const MOVES = [
  {
    verb: 'suspend',
    operationId: 'suspendLicense',
    summary: 'Suspend an active license',
    decide: suspendLicense,
  },
  {
    verb: 'reinstate',
    operationId: 'reinstateLicense',
    summary: 'Make a suspended license active again',
    decide: reinstateLicense,
  },
  {
    verb: 'revoke',
    operationId: 'revokeLicense',
    summary: 'End a license for cause, for good',
    decide: revokeLicense,
  },
  {
    verb: 'cancel',
    operationId: 'cancelLicense',
    summary: "End a license on its holder's request, for good",
    decide: cancelLicense,
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
      const { claims, holder, cnf } = request.body
      const holderKey = cnf ? toHolderKey(cnf) : cnf
      const amendment = { claims, holderName: holder?.name, holderKey }
      return change(deps, request, reply, amendLicense(amendment))
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
      const end = validUntil === null ? null : requestedTime('/validUntil', validUntil)
      return change(deps, request, reply, renewLicense(end))
    },
  )

  for (const { verb, operationId, summary, decide } of MOVES) {
    app.post(
      `/licenses/:id/${verb}`,
      { config, schema: { ...CHANGE, operationId, summary, body: ChangeRequest } },
      (request, reply) => change(deps, request, reply, decide),
    )
  }
}

function change(deps: LicenseDeps, request: Request, reply: FastifyReply, decide: Decide) {
  return answerChange(deps, request, reply, toCommand(request, deps.directory), decide)
}

function toCommand(request: Request, directory: Directory): ChangeCommand {
  const client = clientOf(request)
  const { reason, legalBasis = null, effectiveAt } = request.body
  return {
    id: request.params.id,
    authority: directory.authorityOf(client),
    by: client.clientId,
    reason,
    legalBasis,
    effectiveAt: effectiveAt === undefined ? undefined : requestedTime('/effectiveAt', effectiveAt),
    traceparent: traceparentOf(request),
    requireVersion: ifMatchOf(request),
  }
}
