import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { collectDefaultMetrics, Histogram, type Registry } from 'prom-client'
import { Type } from 'typebox'

type MetricsOptions = { metrics: Registry; log: Logger; collectMetrics?: () => Promise<string> }

/** Counts and times every request by route, and serves what the service has registered. */
export function registerMetrics(
  app: FastifyInstance,
  { metrics, log, collectMetrics }: MetricsOptions,
): void {
  collectDefaultMetrics({ register: metrics })
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from a request to its answer',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [metrics],
  })

  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none'
    duration.observe(
      { method: request.method, route, status: reply.statusCode },
      reply.elapsedTime / 1000,
    )
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
