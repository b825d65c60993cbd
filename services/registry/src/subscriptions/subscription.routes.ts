import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  ChangeHeaders,
  CommandHeaders,
  clientOf,
  decodeCursor,
  encodeCursor,
  ifMatchOf,
  Page,
  problems,
} from '@lexchange/http-server'

import { changeSubscription } from './change-subscription.ts'
import { createSubscription } from './create-subscription.ts'
import { deadLetterRoutes } from './dead-letter.routes.ts'
import { deleteSubscription } from './delete-subscription.ts'
import { eventRoutes } from './event.routes.ts'
import { measureSubscription } from './measure-subscription.ts'
import { departmentOf, getOwn, SCOPE } from './own-subscription.ts'
import { replayRoutes } from './replay.routes.ts'
import { answerOf, runCommand, type SubscriptionRouteDeps } from './run-command.routes.ts'
import { listSubscriptions } from './subscription.repository.ts'
import {
  EXAMPLE_SUBSCRIPTION,
  NewSubscription,
  SubscriptionAnswer,
  SubscriptionChange,
  SubscriptionParams,
  SubscriptionQuery,
} from './subscription.schemas.ts'
import type { Asked } from './subscription.ts'
import { toAnswer } from './subscription-answer.ts'

const config = { scope: SCOPE }
const tags = ['subscriptions']

export const subscriptionRoutes: FastifyPluginAsyncTypebox<SubscriptionRouteDeps> = async (
  app,
  deps,
) => {
  await app.register(readRoutes, deps)
  await app.register(createRoute, deps)
  await app.register(changeRoutes, deps)
  await app.register(replayRoutes, deps)
  await app.register(deadLetterRoutes, deps)
  await app.register(eventRoutes, deps)
}

const readRoutes: FastifyPluginAsyncTypebox<SubscriptionRouteDeps> = async (app, deps) => {
  app.get(
    '/v1/subscriptions',
    {
      config,
      schema: {
        operationId: 'listSubscriptions',
        tags,
        summary: 'Subscriptions of the department, oldest first',
        querystring: SubscriptionQuery,
        response: {
          200: Page(SubscriptionAnswer, {
            examples: [{ items: [EXAMPLE_SUBSCRIPTION], nextCursor: null }],
          }),
          ...problems(400, 403),
        },
      },
    },
    async (request) => {
      const { limit = 50, cursor } = request.query
      const after = cursor === undefined ? undefined : decodeCursor(cursor, 1)[0]
      const department = departmentOf(clientOf(request as never))
      const found = await listSubscriptions(deps.db, department, { after, limit: limit + 1 })
      const items = found.slice(0, limit)
      const last = found.length > limit ? items.at(-1) : undefined
      return {
        items: await Promise.all(
          items.map(async (each) => toAnswer(each, await measureSubscription(deps, each), deps)),
        ),
        nextCursor: last ? encodeCursor([last.id]) : null,
      } as never
    },
  )

  app.get(
    '/v1/subscriptions/:id',
    {
      config,
      schema: {
        operationId: 'getSubscription',
        tags,
        summary: 'One subscription: how far it is, what waits, and what failed last',
        params: SubscriptionParams,
        response: { 200: SubscriptionAnswer, ...problems(403, 404) },
      },
    },
    async (request, reply) => {
      const found = await getOwn(deps.db, clientOf(request as never), request.params.id)
      reply.header('etag', `"${found.revision}"`)
      return toAnswer(found, await measureSubscription(deps, found), deps) as never
    },
  )
}

const createRoute: FastifyPluginAsyncTypebox<SubscriptionRouteDeps> = async (app, deps) => {
  app.post(
    '/v1/subscriptions',
    {
      config,
      schema: {
        operationId: 'createSubscription',
        tags,
        summary: 'Subscribe to changes of licenses, from now on',
        headers: CommandHeaders,
        body: NewSubscription,
        response: { 201: SubscriptionAnswer, ...problems(403, 409, 422, 503) },
      },
    },
    (request, reply) =>
      runCommand(deps, request, reply, async (trx, act, department) => {
        const asked = askedOf(request.body)
        const subscription = await createSubscription(trx, deps, department, asked, act)
        const location = `/v1/subscriptions/${subscription.id}`
        const answer = await answerOf(deps, subscription, 201)
        return { ...answer, headers: { ...answer.headers, location } }
      }),
  )
}

const changeRoutes: FastifyPluginAsyncTypebox<SubscriptionRouteDeps> = async (app, deps) => {
  app.patch(
    '/v1/subscriptions/:id',
    {
      config,
      schema: {
        operationId: 'updateSubscription',
        tags,
        summary: 'Pause or resume a subscription, or change its filter',
        params: SubscriptionParams,
        headers: ChangeHeaders,
        body: SubscriptionChange,
        response: { 200: SubscriptionAnswer, ...problems(403, 404, 409, 412, 422) },
      },
    },
    (request, reply) =>
      runCommand(deps, request, reply, async (trx, act, department) => {
        const { id } = request.params
        const requireRevision = ifMatchOf(request as never)
        const { body } = request
        const changed = await changeSubscription(trx, department, id, body, requireRevision, act)
        return { ...(await answerOf(deps, changed, 200)), waitFor: id }
      }),
  )

  app.delete(
    '/v1/subscriptions/:id',
    {
      config,
      schema: {
        operationId: 'deleteSubscription',
        tags,
        summary: 'End a subscription, with everything that waits for it',
        params: SubscriptionParams,
        headers: ChangeHeaders,
        response: {
          204: { type: 'null', description: 'It is gone' } as never,
          ...problems(403, 404, 409, 412, 422),
        },
      },
    },
    (request, reply) =>
      runCommand(deps, request, reply, async (trx, act, department) => {
        const requireRevision = ifMatchOf(request as never)
        const { id } = request.params
        await deleteSubscription(trx, department, id, requireRevision, act)
        return { status: 204, headers: {}, body: null, removed: id }
      }),
  )
}

function askedOf({ filter = {}, delivery }: NewSubscription): Asked {
  const { kind } = delivery
  return { filter, kind, url: kind === 'webhook' ? delivery.url : null } as Asked
}
