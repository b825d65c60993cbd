import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { CommandHeaders, problems } from '@lexchange/http-server'

import { SCOPE } from './own-subscription.ts'
import { type ReplayStart, replaySubscription } from './replay-subscription.ts'
import { rotateSecret } from './rotate-secret.ts'
import { answerOf, runCommand, type SubscriptionRouteDeps } from './run-command.routes.ts'
import { SubscriptionInvalidError } from './subscription.errors.ts'
import {
  Replay,
  SecretAnswer,
  SubscriptionAnswer,
  SubscriptionParams,
} from './subscription.schemas.ts'

const config = { scope: SCOPE }
const tags = ['subscriptions']

export const replayRoutes: FastifyPluginAsyncTypebox<SubscriptionRouteDeps> = async (app, deps) => {
  app.post(
    '/v1/subscriptions/:id/replay',
    {
      config,
      schema: {
        operationId: 'replaySubscription',
        tags,
        summary: 'Have events sent again, from a position or a time on; new ones follow them',
        params: SubscriptionParams,
        headers: CommandHeaders,
        body: Replay,
        response: { 202: SubscriptionAnswer, ...problems(403, 404, 409, 410, 422, 503) },
      },
    },
    (request, reply) =>
      runCommand(deps, request, reply, async (trx, act, department) => {
        const start = startOf(request.body)
        const { id } = request.params
        const changed = await replaySubscription(trx, deps.streams, department, id, start, act)
        return { ...(await answerOf(deps, changed, 202)), waitFor: id }
      }),
  )

  app.post(
    '/v1/subscriptions/:id/rotate-secret',
    {
      config,
      schema: {
        operationId: 'rotateWebhookSecret',
        tags,
        summary: 'Sign a webhook with a new secret; for a day the one before signs beside it',
        params: SubscriptionParams,
        headers: CommandHeaders,
        response: { 200: SecretAnswer, ...problems(403, 404, 409, 422) },
      },
    },
    (request, reply) =>
      runCommand(deps, request, reply, async (trx, act, department) => {
        const { id } = request.params
        const changed = await rotateSecret(trx, deps.keyring, department, id, act)
        const previousValidUntil = changed.secrets[1]?.validUntil
        const headers = { etag: `"${changed.revision}"` }
        return { status: 200, headers, body: { previousValidUntil }, secretOf: id, waitFor: id }
      }),
  )
}

/** A leap second fits the schema, and is no time that can be compared. */
function startOf(replay: Replay): ReplayStart {
  if ('fromTime' in replay && Number.isNaN(Date.parse(replay.fromTime)))
    throw new SubscriptionInvalidError('/fromTime', 'is no time')
  return replay
}
