import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'

/**
 * A check that rejects is down, and keeps the service from being ready; one that gives a text is
 * degraded: the service does its work without it for a while, and the text says how.
 */
export type HealthChecks = Readonly<Record<string, () => Promise<HealthDetail> | HealthDetail>>
// biome-ignore lint/suspicious/noConfusingVoidType: checks that have nothing to say return nothing.
type HealthDetail = string | void

type HealthOptions = { name: string; health: HealthChecks }

/** A dependency that has not answered by then counts as down, in ms. */
const PATIENCE = 2_000

const Live = Type.Object(
  { status: Type.Literal('live'), service: Type.String() },
  { examples: [{ status: 'live', service: 'issuer' }] },
)

const Ready = Type.Object(
  {
    status: Type.Union([Type.Literal('ready'), Type.Literal('not-ready')]),
    service: Type.String(),
    dependencies: Type.Record(
      Type.String(),
      Type.Object({
        status: Type.Union([Type.Literal('up'), Type.Literal('degraded'), Type.Literal('down')]),
        detail: Type.Optional(Type.String()),
      }),
    ),
  },
  {
    examples: [
      { status: 'ready', service: 'issuer', dependencies: { postgres: { status: 'up' } } },
    ],
  },
)

export function registerHealth(app: FastifyInstance, { name, health }: HealthOptions): void {
  app.get(
    '/health/live',
    {
      config: { scope: 'public' },
      schema: {
        operationId: 'getLiveness',
        tags: ['operations'],
        summary: 'Is the process up',
        response: { 200: Live },
      },
    },
    async () => ({ status: 'live' as const, service: name }),
  )

  app.get(
    '/health/ready',
    {
      config: { scope: 'public' },
      schema: {
        operationId: 'getReadiness',
        tags: ['operations'],
        summary: 'Can the service do its work now, and which dependency keeps it from it',
        response: { 200: Ready, 503: Ready },
      },
    },
    async (_request, reply) => {
      const entries = await Promise.all(
        Object.entries(health).map(
          async ([dependency, check]) => [dependency, await probe(check)] as const,
        ),
      )
      const ready = !app.lifecycle.stopping && entries.every(([, { status }]) => status !== 'down')
      if (!ready) reply.code(503).header('retry-after', '1')
      return {
        status: ready ? ('ready' as const) : ('not-ready' as const),
        service: name,
        dependencies: Object.fromEntries(entries),
      }
    },
  )
}

async function probe(check: HealthChecks[string]) {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE} ms`)), PATIENCE)
  })
  try {
    const detail = await Promise.race([check(), late])
    return detail ? { status: 'degraded' as const, detail } : { status: 'up' as const }
  } catch (error) {
    return { status: 'down' as const, detail: (error as Error).message }
  } finally {
    clearTimeout(timer)
  }
}
