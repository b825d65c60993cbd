import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  type Answer,
  ChangeHeaders,
  CommandHeaders,
  commandKeyOf,
  ifMatchOf,
  problems,
  refusalOf,
  sendAnswer,
} from '@lexchange/http-server'
import { type IdempotencyTables, runOnce } from '@lexchange/postgres'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Kysely, Transaction } from 'kysely'

import { type Act, actOf } from '../directory/index.ts'
import {
  AgreementAnswer,
  AgreementChange,
  AgreementParams,
  Approval,
  NewAgreement,
  Reason,
} from './agreement.schemas.ts'
import type { AgreementTables } from './agreement.tables.ts'
import {
  type Agreement,
  approve,
  type Decider,
  type Decision,
  end,
  reject,
  resume,
  suspend,
} from './agreement.ts'
import { toAnswer } from './agreement-answer.ts'
import { agreementReadRoutes } from './agreement-reads.routes.ts'
import { changeAgreement } from './change-agreement.ts'
import { createAgreement } from './create-agreement.ts'
import { decideAgreement } from './decide-agreement.ts'
import { newTerms, termsChange } from './terms-of-request.ts'

export type AgreementDeps = { db: Kysely<AgreementTables & IdempotencyTables>; now: () => Date }

const config = { scope: 'directory:admin' }
const CHANGE = {
  tags: ['agreements'],
  params: AgreementParams,
  headers: ChangeHeaders,
  response: { 200: AgreementAnswer, ...problems(404, 409, 412, 422) },
}

export const agreementRoutes: FastifyPluginAsyncTypebox<AgreementDeps> = async (app, deps) => {
  await app.register(agreementReadRoutes, deps)
  await app.register(termsRoutes, deps)
  await app.register(approvalRoutes, deps)
  await app.register(stateRoutes, deps)
}

const termsRoutes: FastifyPluginAsyncTypebox<AgreementDeps> = async (app, deps) => {
  app.post(
    '/v1/agreements',
    {
      config,
      schema: {
        operationId: 'createAgreement',
        tags: ['agreements'],
        summary: 'Draft an agreement; it grants nothing until a second administrator approves it',
        headers: CommandHeaders,
        body: NewAgreement,
        response: { 201: AgreementAnswer, ...problems(409, 422) },
      },
    },
    (request, reply) => {
      const { id, terms } = newTerms(request.body, deps.now())
      return runCommand(deps, request, reply, 201, (trx, act) =>
        createAgreement(trx, id, terms, act),
      )
    },
  )

  app.patch(
    '/v1/agreements/:id',
    {
      config,
      schema: {
        ...CHANGE,
        operationId: 'updateAgreement',
        summary: 'Draft the next version; the approved one stays in force until this is approved',
        body: AgreementChange,
      },
    },
    (request, reply) => {
      const requireRevision = ifMatchOf(request)
      const change = termsChange(request.body)
      return runCommand(deps, request, reply, 200, (trx, act) =>
        changeAgreement(trx, request.params.id, change, requireRevision, act),
      )
    },
  )
}

const APPROVALS = [
  {
    verb: 'approve',
    action: 'approved',
    summary: 'Put the draft in force, as another administrator than who drafted it',
    decide: approve,
  },
  { verb: 'reject', action: 'rejected', summary: 'Take the draft away', decide: reject },
] as const

const approvalRoutes: FastifyPluginAsyncTypebox<AgreementDeps> = async (app, deps) => {
  for (const { verb, action, summary, decide } of APPROVALS)
    app.post(
      `/v1/agreements/:id/${verb}`,
      {
        config,
        schema: {
          ...CHANGE,
          operationId: `${verb}Agreement`,
          summary,
          body: Approval,
          response: { ...CHANGE.response, ...problems(403) },
        },
      },
      (request, reply) =>
        runDecision(deps, request, reply, { action, detail: {} }, (agreement, act) =>
          decide(agreement, request.body?.version, act),
        ),
    )
}

const MOVES = [
  {
    verb: 'suspend',
    action: 'suspended',
    summary: 'Stop what the agreement grants; it takes effect within a second',
    decide: suspend,
  },
  {
    verb: 'resume',
    action: 'resumed',
    summary: 'Let a suspended agreement grant again',
    decide: resume,
  },
  { verb: 'end', action: 'ended', summary: 'End the agreement for good', decide: end },
] as const

const stateRoutes: FastifyPluginAsyncTypebox<AgreementDeps> = async (app, deps) => {
  for (const { verb, action, summary, decide } of MOVES)
    app.post(
      `/v1/agreements/:id/${verb}`,
      {
        config,
        schema: { ...CHANGE, operationId: `${verb}Agreement`, summary, body: Reason },
      },
      (request, reply) => {
        const { reason } = request.body
        return runDecision(deps, request, reply, { action, detail: { reason } }, (agreement, act) =>
          decide(agreement, reason, act),
        )
      },
    )
}

function runDecision(
  deps: AgreementDeps,
  request: unknown,
  reply: unknown,
  change: { action: string; detail: Record<string, unknown> },
  decide: (agreement: Agreement, who: Decider) => Decision,
) {
  const { params } = request as FastifyRequest<{ Params: { id: string } }>
  const requireRevision = ifMatchOf(request as FastifyRequest)
  return runCommand(deps, request, reply, 200, (trx, act) => {
    const decision = { ...change, decide: (present: Agreement) => decide(present, act) }
    return decideAgreement(trx, params.id, decision, requireRevision, act)
  })
}

async function runCommand(
  { db, now }: AgreementDeps,
  received: unknown,
  reply: unknown,
  status: 200 | 201,
  run: (trx: Transaction<AgreementTables>, act: Act) => Promise<Agreement>,
) {
  const request = received as FastifyRequest
  const once = await runOnce<AgreementTables, Answer>(
    db,
    commandKeyOf(request),
    async (trx) => {
      const agreement = await run(trx, actOf(request, now()))
      const location = `/v1/agreements/${agreement.id}`
      const headers = { etag: `"${agreement.revision}"`, ...(status === 201 && { location }) }
      return { status, headers, body: toAnswer(agreement) }
    },
    refusalOf(request),
  )
  return sendAnswer(reply as FastifyReply, once) as never
}
