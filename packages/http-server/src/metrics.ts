import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { collectDefaultMetrics, type Registry } from 'prom-client'
import { Type } from 'typebox'

import { createRequestDurations } from './request-durations.ts'

type MetricsOptions = { metrics: Registry; log: Logger; collectMetrics?: () => Promise<string> }

/** Counts and times every request by route, and serves what the service has registered. */
export function registerMetrics(
  app: FastifyInstance,
  { metrics, log, collectMetrics }: MetricsOptions,
): void {
  collectDefaultMetrics({ register: metrics })
  const durations = createRequestDurations(metrics)

  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none'
    durations.observe(request.method, route, reply.statusCode, reply.elapsedTime / 1000)
    const level = request.method === 'GET' || request.method === 'HEAD' ? 'debug' : 'info'
    if (log.isLevelEnabled(level)) logAnswer(request, reply, level, route)
    done()
  })

  app.get(
    '/metrics',
    {
      config: { scope: 'public' },
      schema: {
        operationId: 'getMetrics',
        tags: ['operations'],
        summary: 'Metrics for Prometheus',
        response: {
          200: {
            description: 'Prometheus text format',
            content: { 'text/plain': { schema: Type.String() } },
          },
        },
      },
    },
    async (_request, reply) =>
      reply
        .type(metrics.contentType)
        .serializer(String)
        .send(await (collectMetrics?.() ?? metrics.metrics())),
  )
}

function logAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  level: 'debug' | 'info',
  route: string,
): void {
  request.log[level](
    {
      method: request.method,
      route,
      status: reply.statusCode,
      client: request.client?.clientId,
      ms: Math.round(reply.elapsedTime),
    },
    'request answered',
  )
}
