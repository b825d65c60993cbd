import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { clientOf, pathOf, problems } from '@lexchange/http-server'

import { createPositionWait } from './await-position.ts'
import { checkStatus } from './check-status.ts'
import {
  BatchAnswer,
  BatchRequest,
  StatusAnswer,
  StatusParams,
  StatusQuery,
  VerificationAnswer,
  VerificationRequest,
} from './verification.schemas.ts'
import { verifyBatch } from './verify-batch.ts'
import type { VerificationDeps } from './verify-license.ts'
import { prepare, verifyRequest } from './verify-request.ts'

/** 1,000 items of a few matches each. */
const BATCH_LIMIT = 4 * 2 ** 20

const config = { scope: 'license:verify' }

type RouteDeps = VerificationDeps & { awaitPosition: (minPosition: number) => Promise<void> }
type Routes = FastifyPluginAsyncTypebox<RouteDeps>

export const verificationRoutes: FastifyPluginAsyncTypebox<VerificationDeps> = async (
  app,
  options,
) => {
  const awaitPosition = createPositionWait(options.projection)
  // The prefix is in force already.
  const deps = { ...options, awaitPosition, prefix: '' }
  for (const routes of [statusRoute, verificationRoute, batchRoute])
    await app.register(routes, deps)
}

const statusRoute: Routes = async (app, deps) => {
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
        response: { 200: StatusAnswer, ...problems(422, 503) },
      },
    },
    (request, reply) => {
      const { type, number } = request.params
      const { at, minPosition } = request.query
      // No promise where nothing is waited for: this is the hot path.
      if (minPosition === undefined) {
        sendTogether(reply, checkStatus(deps, type, number, at))
        return
      }
      return deps.awaitPosition(minPosition).then(() => {
        reply.send(checkStatus(deps, type, number, at))
      })
    },
  )
}

const verificationRoute: Routes = async (app, deps) => {
  app.post(
    '/verifications',
    {
      config,
      schema: {
        operationId: 'verifyLicense',
        tags: ['verifications'],
        summary: 'One check for a purpose, by number, id or credential: verdict, matches, values',
        body: VerificationRequest,
        response: { 200: VerificationAnswer, ...problems(422, 503) },
      },
    },
    async (request) => {
      const { minPosition } = request.body
      if (minPosition !== undefined) await deps.awaitPosition(minPosition)
      await prepare(deps, request.body)
      return verifyRequest(deps, request.body, clientOf(request))
    },
  )
}

const batchRoute: Routes = async (app, deps) => {
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
      const items = await verifyBatch(deps, request.body.items, {
        client: clientOf(request),
        instance: pathOf(request),
      })
      return reply
        .type('application/json; charset=utf-8')
        .serializer(JSON.stringify)
        .send({ items } as never)
    },
  )
}

type Waiting = { reply: { send(answer: StatusAnswer): unknown }; answer: StatusAnswer }
let waiting: Waiting[] = []

/**
 * Sends all answers of one turn of the event loop at its end: the clients' side is then woken once and
 * not by every answer, and that costs more than making one.
 */
function sendTogether(reply: Waiting['reply'], answer: StatusAnswer): void {
  if (waiting.push({ reply, answer }) === 1) setImmediate(sendWaiting)
}

function sendWaiting(): void {
  const now = waiting
  waiting = []
  for (const { reply, answer } of now) reply.send(answer)
}
