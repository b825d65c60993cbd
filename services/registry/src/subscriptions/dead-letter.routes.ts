import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  CommandHeaders,
  clientOf,
  decodeCursor,
  encodeCursor,
  Page,
  problems,
} from '@lexchange/http-server'

import { listDeadLetters } from './dead-letter.repository.ts'
import { getOwn, SCOPE } from './own-subscription.ts'
import { resendDeadLetters } from './resend-dead-letters.ts'
import { runCommand, type SubscriptionRouteDeps } from './run-command.routes.ts'
import {
  DeadLetterAnswer,
  Resend,
  ResendAnswer,
  SubscriptionParams,
  SubscriptionQuery,
} from './subscription.schemas.ts'
import { toDeadLetterAnswer } from './subscription-answer.ts'

const config = { scope: SCOPE }
const tags = ['subscriptions']

export const deadLetterRoutes: FastifyPluginAsyncTypebox<SubscriptionRouteDeps> = async (
  app,
  deps,
) => {
  app.get(
    '/v1/subscriptions/:id/dead-letters',
    {
      config,
      schema: {
        operationId: 'listDeadLetters',
        tags,
        summary: 'Events that a webhook did not take in three days',
        params: SubscriptionParams,
        querystring: SubscriptionQuery,
        response: { 200: Page(DeadLetterAnswer), ...problems(400, 403, 404) },
      },
    },
    async (request) => {
      const { limit = 50, cursor } = request.query
      const { id } = await getOwn(deps.db, clientOf(request as never), request.params.id)
      const after = cursor === undefined ? '0' : placeOf(cursor)
      const found = await listDeadLetters(deps.db, id, { after, limit: limit + 1 })
      const items = found.slice(0, limit)
      const last = found.length > limit ? items.at(-1) : undefined
      const nextCursor = last ? encodeCursor([last.id]) : null
      return { items: items.map(toDeadLetterAnswer), nextCursor } as never
    },
  )

  app.post(
    '/v1/subscriptions/:id/dead-letters/resend',
    {
      config,
      schema: {
        operationId: 'resendDeadLetters',
        tags,
        summary:
          'Try dead letters again, all or some; a paused subscription sends them when resumed',
        params: SubscriptionParams,
        headers: CommandHeaders,
        body: Resend,
        response: { 202: ResendAnswer, ...problems(403, 404, 409, 422) },
      },
    },
    (request, reply) =>
      runCommand(deps, request, reply, async (trx, act, department) => {
        const { id } = request.params
        const resent = await resendDeadLetters(trx, department, id, request.body?.positions, act)
        return { status: 202, headers: {}, body: { resent } }
      }),
  )
}

function placeOf(cursor: string): string {
  const [place = ''] = decodeCursor(cursor, 1)
  if (!/^[0-9]{1,18}$/.test(place)) decodeCursor('', 1)
  return place
}
