import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'

export type HealthChecks = Readonly<Record<string, () => Promise<void> | void>>

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
        status: Type.Union([Type.Literal('up'), Type.Literal('down')]),
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
      const ready = entries.every(([, { status }]) => status === 'up')
      if (!ready) reply.code(503).header('retry-after', '1')
      return {
        status: ready ? ('ready' as const) : ('not-ready' as const),
        service: name,
        dependencies: Object.fromEntries(entries),
      }
    },
  )
}

async function probe(check: () => Promise<void> | void) {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE} ms`)), PATIENCE)
  })
  try {
    await Promise.race([check(), late])
    return { status: 'up' as const }
  } catch (error) {
    return { status: 'down' as const, detail: (error as Error).message }
  } finally {
    clearTimeout(timer)
  }
}
