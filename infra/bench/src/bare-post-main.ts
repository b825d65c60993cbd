import Fastify from 'fastify'

/** Bare Fastify: one POST with a schema for its body, one constant answer. */
const answer = JSON.parse(process.env.ANSWER ?? '{}')
const body = {
  type: 'object',
  required: ['license', 'purpose', 'caseRef'],
  properties: {
    license: { type: 'object', properties: { credential: { type: 'string' } } },
    purpose: { type: 'string' },
    caseRef: { type: 'string' },
  },
} as const
const nullableText = { type: ['string', 'null'] }
const text = { type: 'string' }
const check = {
  type: 'object',
  properties: { check: text, result: text, code: text, detail: text },
}
const response = {
  type: 'object',
  properties: {
    ...{ verificationId: text, verdict: text, status: nullableText, asOf: text },
    version: { type: ['integer', 'null'] },
    ...{ validFrom: nullableText, validUntil: nullableText },
    checks: { type: 'array', items: check },
    position: { type: 'integer' },
    stale: { type: 'boolean' },
    agreement: text,
    match: { type: 'object', additionalProperties: { type: 'boolean' } },
    disclosed: { type: 'object', additionalProperties: true },
  },
}
const app = Fastify()
app.post(
  '/v1/verifications',
  { schema: { body, response: { 200: response } } },
  (_request, reply) => {
    reply.send(answer)
  },
)
process.send?.(await app.listen({ host: '127.0.0.1', port: 0 }))
process.once('disconnect', () => process.exit(0))
