import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type AccessDraft, AccessRecordNotDurableError } from '@lexchange/access-records'
import type { TokenVerifier } from '@lexchange/auth'
import type { AccessAction } from '@lexchange/contracts'
import { clientOf, fromFastifyError, pathOf, problems } from '@lexchange/http-server'
import { DomainError } from '@lexchange/problems'
import type { FastifyError } from 'fastify'

import { answeredDraft } from './access-draft.ts'
import { type Asker, admitRequest } from './admit-request.ts'
import { createPositionWait } from './await-position.ts'
import { checkStatus, createSubjects, type StatusChecked, type Subjects } from './check-status.ts'
import type { Unsealed } from './claims-view.ts'
import { holderOf, limitChecks } from './limit-checks.ts'
import { recordAccess } from './record-access.ts'
import { draftOfRefusal } from './record-refusal.ts'
import {
  BatchAnswer,
  BatchRequest,
  StatusAnswer,
  StatusParams,
  StatusQuery,
  VerificationAnswer,
  VerificationRequest,
} from './verification.schemas.ts'
import type { VerificationDeps } from './verification-deps.ts'
import { verifyBatch } from './verify-batch.ts'
import { prepare, verifyRequest } from './verify-request.ts'

/** 1,000 items of a few matches each. */
const BATCH_LIMIT = 4 * 2 ** 20

const config = { scope: 'license:verify' }

type Options = VerificationDeps & { recall: TokenVerifier['recall'] }
type RouteDeps = Options & {
  awaitPosition: (minPosition: number) => Promise<void>
  subjects: Subjects
}
type Routes = FastifyPluginAsyncTypebox<RouteDeps>

export const verificationRoutes: FastifyPluginAsyncTypebox<Options> = async (app, options) => {
  const awaitPosition = createPositionWait(options.projection)
  const subjects = createSubjects(options.projection)
  // The prefix is in force already.
  const deps = { ...options, awaitPosition, subjects, prefix: '' }
  for (const routes of [statusRoute, verificationRoute, batchRoute])
    await app.register(routes, deps)
}

/**
 * Bytes, because a text in Chinese would be encoded together with all header lines, one character after
 * another. The type knows texts only.
 */
const toBytes = ((answer: unknown) => Buffer.from(JSON.stringify(answer))) as unknown as (
  answer: unknown,
) => string

type Described = (request: { params: unknown; body: unknown }) => unknown

/** Records what is refused, whyever, before the problem leaves; of nobody in particular nothing is recorded. */
function recordRefusals(
  app: Parameters<Routes>[0],
  deps: RouteDeps,
  action: AccessAction,
  describe: Described,
): void {
  app.setErrorHandler(async (thrown: FastifyError, request) => {
    const error = thrown instanceof DomainError ? thrown : (fromFastifyError(thrown) ?? thrown)
    const client = request.client ?? deps.recall(request.headers.authorization)
    // What cannot be recorded is refused for that, and says so.
    if (client && !(error instanceof AccessRecordNotDurableError)) {
      const refused = { client, now: deps.now(), action }
      await recordAccess(deps, [draftOfRefusal(deps, refused, describe(request), error)])
    }
    throw error
  })
}

const statusRoute: Routes = async (app, deps) => {
  recordRefusals(app, deps, 'status', ({ params }) => ({ license: params }))
  app.get(
    '/licenses/:type/:number/status',
    {
      config,
      schema: {
        operationId: 'checkStatus',
        tags: ['verifications'],
        summary: 'What a license is worth, now or at an earlier time',
        description: 'A number that nobody issued is `unknown`, which is an answer and no error.',
        params: StatusParams,
        querystring: StatusQuery,
        response: { 200: StatusAnswer, ...problems(422, 429, 503) },
      },
    },
    (request, reply) => {
      const client = clientOf(request)
      const { type, number } = request.params
      const { at, minPosition } = request.query
      return answerChecked(deps, reply, minPosition, () => {
        const checked = checkStatus(deps, client, type, number, at)
        return admitStatus(deps, client, checked) ?? checked
      })
    },
  )
}

/** Undefined where nothing limits the client. */
function admitStatus(
  deps: RouteDeps,
  client: Asker,
  checked: StatusChecked,
): Promise<StatusChecked> | undefined {
  const { agreement, draft } = checked
  const holder = draft.holder ?? draft.license.id ?? undefined
  return limitChecks(deps, [{ client, agreement, holder }])?.then(([refused]) => {
    if (refused) throw refused
    return checked
  })
}

/** An answer, and what is to be recorded before it is given. */
type Checked<Answer> = { answer: Answer; draft: AccessDraft }

const verificationRoute: Routes = async (app, deps) => {
  recordRefusals(app, deps, 'verification', ({ body }) => body)
  app.post(
    '/verifications',
    {
      config,
      schema: {
        operationId: 'verifyLicense',
        tags: ['verifications'],
        summary: 'One check for a purpose, by number, id or credential: verdict, matches, values',
        body: VerificationRequest,
        response: { 200: VerificationAnswer, ...problems(410, 422, 429, 503) },
      },
      serializerCompiler: () => toBytes,
    },
    (request, reply) => {
      const { minPosition } = request.body
      return answerChecked(deps, reply, minPosition, () =>
        checkRequest(deps, request.body, clientOf(request)),
      )
    },
  )
}

/** No promise where nothing limits the client, nothing is sealed and no list is fetched. */
function checkRequest(
  deps: RouteDeps,
  request: VerificationRequest,
  client: Asker,
): Checked<VerificationAnswer> | Promise<Checked<VerificationAnswer>> {
  const admitted = admitRequest(deps, request, client)
  const answerWith = (unsealed?: Unsealed) => {
    const answer = verifyRequest(deps, admitted, unsealed)
    return { answer, draft: answeredDraft(admitted, answer, 'verification') }
  }
  const answer = () => prepare(deps, admitted)?.then(answerWith) ?? answerWith()
  const { agreement } = admitted
  const limits = limitChecks(deps, [{ client, agreement, holder: holderOf(admitted) }])
  if (!limits) return answer()
  return limits.then(([refused]) => {
    if (refused) throw refused
    return answer()
  })
}

const batchRoute: Routes = async (app, deps) => {
  recordRefusals(app, deps, 'batch-item', () => undefined)
  app.post(
    '/verifications/batch',
    {
      config,
      bodyLimit: BATCH_LIMIT,
      schema: {
        operationId: 'verifyBatch',
        tags: ['verifications'],
        summary: 'Up to 1,000 checks, answered in their order',
        description: 'An item that is refused holds its problem and does not fail the others.',
        body: BatchRequest,
        response: { 200: BatchAnswer, ...problems(503) },
      },
    },
    async (request, reply) => {
      const { items, drafts } = await verifyBatch(deps, request.body.items, {
        client: clientOf(request),
        instance: pathOf(request),
      })
      await recordAccess(deps, drafts)
      return reply
        .type('application/json; charset=utf-8')
        .serializer(toBytes)
        .send({ items } as never)
    },
  )
}

/**
 * Answers a check when its record is on disk. All whose records one write has made durable are answered
 * together, so that clients are woken once. No promise where nothing but the disk is waited for: this is the
 * hot path.
 */
function answerChecked<Answer>(
  deps: RouteDeps,
  reply: { send(payload: never): unknown },
  minPosition: number | undefined,
  check: () => Checked<Answer> | Promise<Checked<Answer>>,
): Promise<Answer> | undefined {
  const checked = minPosition === undefined ? check() : deps.awaitPosition(minPosition).then(check)
  if (checked instanceof Promise) return recordChecked(deps, checked)
  const { answer, draft } = checked
  deps.access.add(draft, (error) => {
    reply.send((error ?? answer) as never)
  })
  return undefined
}

async function recordChecked<Answer>(
  deps: RouteDeps,
  checking: Promise<Checked<Answer>>,
): Promise<Answer> {
  const { answer, draft } = await checking
  await recordAccess(deps, [draft])
  return answer
}
