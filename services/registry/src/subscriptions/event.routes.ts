import { Readable } from 'node:stream'

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { clientOf, problems } from '@lexchange/http-server'
import type { NatsConnection } from '@nats-io/transport-node'
import { Type } from 'typebox'

import type { EventConnections } from './event-connections.ts'
import { decodeEventId } from './event-id.ts'
import { getOwn, SCOPE } from './own-subscription.ts'
import { findStart, streamEvents } from './stream-events.ts'
import { EventHeaders, SubscriptionParams } from './subscription.schemas.ts'
import type { SubscriptionDeps } from './subscription-deps.ts'

export type EventRouteDeps = SubscriptionDeps & {
  connections: EventConnections
  /** Undefined until a server was reached. */
  nats: () => NatsConnection | undefined
}

/** Bytes that wait for a socket that does not drain, before no more are read. */
const AHEAD = 65_536

export const eventRoutes: FastifyPluginAsyncTypebox<EventRouteDeps> = async (app, deps) => {
  app.get(
    '/v1/subscriptions/:id/events',
    {
      // A HEAD would never end.
      exposeHeadRoute: false,
      config: { scope: SCOPE },
      schema: {
        operationId: 'streamEvents',
        tags: ['subscriptions'],
        summary: 'The events of a subscription as Server-Sent Events',
        description:
          'Begins after `Last-Event-ID`, or with the oldest event that is held (7 days). Each `data:` is one CloudEvent; `id:` is opaque. A comment comes every 15 s when there is nothing else. Ends with the access token.',
        params: SubscriptionParams,
        headers: EventHeaders,
        response: {
          200: {
            description: 'text/event-stream; one CloudEvent a message',
            content: {
              'text/event-stream': {
                schema: Type.String(),
                example: 'id: WyIyMDI2LTEx…\ndata: {"specversion":"1.0","id":"019ab3f2…"}\n\n',
              },
            },
          },
          ...problems(400, 403, 404, 409, 410, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const client = clientOf(request as never)
      const subscription = await getOwn(deps.db, client, request.params.id)
      const last = request.headers['last-event-id']
      const start = await findStart(
        deps.streams,
        subscription,
        last === undefined ? undefined : decodeEventId(last),
      )
      const { signal, close } = deps.connections.open(subscription.id, client)
      const nats = deps.nats() as NatsConnection
      const events = streamEvents({ db: deps.db, nats }, subscription, start, signal)
      const body = Readable.from(events, { objectMode: false, highWaterMark: AHEAD })
      body.once('close', close)
      return reply
        .type('text/event-stream')
        .header('cache-control', 'no-store')
        .header('x-accel-buffering', 'no')
        .send(body as never)
    },
  )
}
