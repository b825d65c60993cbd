import Fastify from 'fastify'

import { statusSchema } from './status-schema.ts'

/** Bare Fastify: one route, one constant answer of the given members, serialised by its schema. */
const answer = JSON.parse(process.env.ANSWER ?? '{}')
const app = Fastify()
app.get(
  '/v1/licenses/:type/:number/status',
  { schema: { response: { 200: statusSchema } } },
  (_request, reply) => {
    reply.send(answer)
  },
)
process.send?.(await app.listen({ host: '127.0.0.1', port: 0 }))
process.once('disconnect', () => process.exit(0))
