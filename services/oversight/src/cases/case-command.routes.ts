import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  type Answer,
  ChangeHeaders,
  CommandHeaders,
  clientOf,
  commandKeyOf,
  ifMatchOf,
  problems,
  refusalOf,
  sendAnswer,
} from '@lexchange/http-server'
import { runOnce } from '@lexchange/postgres'
import type { FastifyReply, FastifyRequest } from 'fastify'

import { addFindings } from './add-findings.ts'
import { type CaseRouteDeps, type CaseRouteTables, wholeCase } from './case.routes.ts'
import { CaseParams, NewCase, Transition } from './case.schemas.ts'
import type { Case } from './case.ts'
import { moveCase } from './move-case.ts'
import { type Act, type CaseTrx, openCase } from './open-case.ts'

const SCOPE = 'oversight:act'

const openCaseRoute: FastifyPluginAsyncTypebox<CaseRouteDeps> = async (app, deps) => {
  app.post(
    '/v1/cases',
    {
      config: { scope: SCOPE },
      schema: {
        operationId: 'openCase',
        tags: ['cases'],
        summary: 'Make a case of findings of one department',
        headers: CommandHeaders,
        body: NewCase,
        response: { 201: deps.answer, ...problems(409, 422) },
      },
    },
    async (request, reply) =>
      run(deps, request, reply, 201, (trx, act) =>
        openCase(trx, request.body.findings, request.body.note, act),
      ),
  )
}

const addFindingsRoute: FastifyPluginAsyncTypebox<CaseRouteDeps> = async (app, deps) => {
  app.post(
    '/v1/cases/:id/findings',
    {
      config: { scope: SCOPE },
      schema: {
        operationId: 'addFindings',
        tags: ['cases'],
        summary: 'Add findings to a case that is not decided',
        params: CaseParams,
        headers: CommandHeaders,
        body: NewCase,
        response: { 200: deps.answer, ...problems(404, 409, 422) },
      },
    },
    async (request, reply) =>
      run(deps, request, reply, 200, (trx, act) =>
        addFindings(trx, request.params.id, request.body.findings, request.body.note, act),
      ),
  )
}

const moveCaseRoute: FastifyPluginAsyncTypebox<CaseRouteDeps> = async (app, deps) => {
  app.post(
    '/v1/cases/:id/transitions',
    {
      config: { scope: SCOPE },
      schema: {
        operationId: 'moveCase',
        tags: ['cases'],
        summary: 'Take a case up, or decide it: open → investigating → substantiated or dismissed',
        params: CaseParams,
        headers: ChangeHeaders,
        body: Transition,
        response: { 200: deps.answer, ...problems(404, 409, 412, 422) },
      },
    },
    async (request, reply) => {
      const requireVersion = ifMatchOf(request)
      return run(deps, request, reply, 200, (trx, act) =>
        moveCase(trx, request.params.id, request.body, requireVersion, act),
      )
    },
  )
}

export const caseCommandRoutes: FastifyPluginAsyncTypebox<CaseRouteDeps> = async (app, deps) => {
  await app.register(openCaseRoute, deps)
  await app.register(addFindingsRoute, deps)
  await app.register(moveCaseRoute, deps)
}

/** A command on a case, at most once per key; its answer is the case as it is then. */
async function run(
  deps: CaseRouteDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  command: (trx: CaseTrx, act: Act) => Promise<Case>,
): Promise<never> {
  const act = { by: clientOf(request).clientId, now: deps.now() }
  const once = await runOnce<CaseRouteTables, Answer>(
    deps.db as never,
    commandKeyOf(request),
    async (trx) => {
      const subject = await command(trx, act)
      const headers = { etag: `"${subject.version}"`, location: `/v1/cases/${subject.id}` }
      return { status, headers, body: await wholeCase(deps, trx as never, subject) }
    },
    refusalOf(request),
  )
  return sendAnswer(reply, once) as never
}
