import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { problems } from '@lexchange/http-server'
import { Type } from 'typebox'

import type { ReceiptSigner } from './create-receipt-signer.ts'

const example = {
  keys: [
    {
      kty: 'EC',
      crv: 'P-256',
      x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
      y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
      kid: '019ab3f2-7c00-7000-8000-0000000000c1',
      alg: 'ES256',
      use: 'sig',
    },
  ],
}

const ReceiptKeysAnswer = Type.Object(
  { keys: Type.Array(Type.Record(Type.String(), Type.Unknown())) },
  { examples: [example] },
)

export const receiptRoutes: FastifyPluginAsyncTypebox<{ receipts: ReceiptSigner }> = async (
  app,
  { receipts },
) => {
  app.get(
    '/receipts/keys',
    {
      config: { scope: 'public' },
      schema: {
        operationId: 'getReceiptKeys',
        tags: ['receipts'],
        summary: 'Every key that receipts were ever signed with (JWKS)',
        response: { 200: ReceiptKeysAnswer, ...problems(503) },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'public, max-age=300')
      return receipts.jwks
    },
  )
}
