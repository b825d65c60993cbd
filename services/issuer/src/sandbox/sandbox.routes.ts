import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  type Answer,
  ChangeHeaders,
  CommandHeaders,
  clientOf,
  ifMatchOf,
  pathOf,
  problems,
  readProblemExample,
  traceparentOf,
} from '@lexchange/http-server'
import { retryAfterOfStatus } from '@lexchange/problems'

import {
  answerChange,
  answerIssue,
  createIssueQueue,
  IssuedAnswer,
  LicenseAnswer,
  type LicenseDeps,
  LicenseNotFoundError,
  LicenseParams,
} from '../licenses/index.ts'
import { DECISIONS } from './change-sandbox-license.ts'
import { chooseAuthority, draftApplication } from './make-sandbox-license.ts'
import { findSandboxAuthority } from './sandbox.repository.ts'
import {
  ChangeSandboxLicenseRequest,
  MakeSandboxLicenseRequest,
  ProblemParams,
} from './sandbox.schemas.ts'

/** Whoever integrates: departments, and authorities. */
const config = { scope: ['license:verify', 'license:issue'] }
const REASON = 'Asked for in the sandbox'

type Routes = FastifyPluginAsyncTypebox<LicenseDeps>

/** Only where SANDBOX=yes: nobody could tell a made-up license from a real one by its credential. */
export const sandboxRoutes: Routes = async (app, deps) => {
  for (const routes of [makeRoute, changeRoute, problemRoute])
    await app.register(routes, { ...deps, prefix: '' })
}

const makeRoute: Routes = async (app, deps) => {
  const { directory } = deps
  const issuing = { ...deps, issueQueued: createIssueQueue<Answer>(deps) }
  app.post(
    '/sandbox/licenses',
    {
      config,
      schema: {
        operationId: 'makeSandboxLicense',
        tags: ['sandbox'],
        summary: 'Issue a license to a made-up company',
        headers: CommandHeaders,
        body: MakeSandboxLicenseRequest,
        response: { 201: IssuedAnswer, ...problems(409, 410, 422, 503) },
      },
    },
    async (request, reply) => {
      const authority =
        chooseAuthority(directory.listAuthorities(), request.body) ??
        directory.authorityOf(clientOf(request))
      return answerIssue(issuing, request, reply, {
        authority,
        applicationAt: (now) => draftApplication(request.body, authority, now),
      })
    },
  )
}

const changeRoute: Routes = async (app, deps) => {
  app.post(
    '/sandbox/licenses/:id/actions',
    {
      config,
      schema: {
        operationId: 'changeSandboxLicense',
        tags: ['sandbox'],
        summary: 'Change a license of a made-up company, as its authority would',
        params: LicenseParams,
        headers: ChangeHeaders,
        body: ChangeSandboxLicenseRequest,
        response: { 200: LicenseAnswer, ...problems(404, 409, 410, 412, 422, 503) },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const authorityId = await findSandboxAuthority(deps.db, id)
      const authority = authorityId && deps.directory.findAuthority(authorityId)
      if (!authority) throw new LicenseNotFoundError(id)
      const command = {
        ...{ id, authority, by: clientOf(request).clientId },
        ...{ reason: REASON, legalBasis: null, effectiveAt: undefined },
        traceparent: traceparentOf(request),
        requireVersion: ifMatchOf(request),
      }
      return answerChange(deps, request, reply, command, DECISIONS[request.body.action])
    },
  )
}

const problemRoute: Routes = async (app) => {
  app.post(
    '/sandbox/problems/:code',
    {
      config,
      schema: {
        operationId: 'showProblem',
        tags: ['sandbox'],
        summary: 'Answer with a problem, for trying out what a client does then',
        description:
          'Status and Retry-After are those of the real answer, the document is the example of its page.',
        params: ProblemParams,
        response: problems(400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 429, 500, 501, 503),
      },
    },
    async (request, reply) => {
      const example = await readProblemExample(request.params.code)
      const seconds = retryAfterOfStatus(example.status)
      if (seconds !== undefined) reply.header('retry-after', String(seconds))
      return reply
        .code(example.status as 400)
        .type('application/problem+json')
        .send({ ...example, instance: pathOf(request) } as never)
    },
  )
}
