import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Time } from '@lexchange/contracts'
import {
  type Answer,
  CommandHeaders,
  clientOf,
  commandKeyOf,
  problems,
  refusalOf,
  sendAnswer,
} from '@lexchange/http-server'
import { type IdempotencyTables, runOnce } from '@lexchange/postgres'
import type { Kysely, Transaction } from 'kysely'
import { Type } from 'typebox'
import { renderSVG } from 'uqr'

import type { Sealing } from '../sealing/index.ts'
import { createPresentation } from './create-presentation.ts'
import { exchangePresentation } from './exchange-presentation.ts'
import type { PresentationTables } from './presentation.tables.ts'

export type PresentationDeps = {
  sealing: Sealing
  db: Kysely<PresentationTables & IdempotencyTables>
  publicUrl: string
  now: () => Date
}

const LICENSE_ID = '019ab3f2-7c00-7000-8000-000000000001'
const REFERENCE = 'bXkgcmVmZXJlbmNlIGlzIGdvb2Qgb25jZS4uLi4uLi4'

const PresentationRequest = Type.Object(
  {
    disclose: Type.Array(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9.]*$', maxLength: 64 }), {
      maxItems: 32,
      uniqueItems: true,
      description: 'Hidden claims to show, e.g. contactPhone; public ones are always shown',
    }),
    expiresInSeconds: Type.Optional(Type.Integer({ minimum: 10, maximum: 600, default: 120 })),
  },
  {
    additionalProperties: false,
    examples: [{ disclose: ['contactPhone'], expiresInSeconds: 120 }],
  },
)

const PresentationAnswer = Type.Object(
  {
    reference: Type.String({ description: 'Good once' }),
    url: Type.String({ format: 'uri', description: 'What the QR code says' }),
    qr: Type.String({ description: 'QR code, SVG' }),
    expiresAt: Time,
  },
  {
    examples: [
      {
        reference: REFERENCE,
        url: `http://127.0.0.1:7001/v1/presentations/${REFERENCE}`,
        qr: '<svg xmlns="http://www.w3.org/2000/svg">…</svg>',
        expiresAt: '2026-11-24T01:02:00.000Z',
      },
    ],
  },
)

const ExchangeAnswer = Type.Object(
  {
    licenseId: Type.String({ format: 'uuid' }),
    credential: Type.String({ description: 'SD-JWT VC with what the holder chose to show' }),
  },
  { examples: [{ licenseId: LICENSE_ID, credential: 'eyJhbGciOiJFUzI1NiIs…~WyJ…~' }] },
)

export const presentationRoutes: FastifyPluginAsyncTypebox<PresentationDeps> = async (
  app,
  { db, publicUrl, now, sealing: { keys } },
) => {
  app.post(
    '/licenses/:id/presentations',
    {
      config: { scope: 'holder:read' },
      schema: {
        operationId: 'createPresentation',
        tags: ['presentations'],
        summary: 'Show a license at a counter: a QR code that is good once, for a short time',
        params: Type.Object({ id: Type.String({ format: 'uuid', examples: [LICENSE_ID] }) }),
        headers: CommandHeaders,
        body: PresentationRequest,
        response: { 201: PresentationAnswer, ...problems(404, 409, 422) },
      },
    },
    async (request, reply) => {
      const { clientId, holderUscc = '' } = clientOf(request)
      const { disclose, expiresInSeconds = 120 } = request.body
      const order = { holderUscc, disclose, expiresInSeconds, by: clientId }
      const once = await runOnce<PresentationTables, Answer>(
        db,
        commandKeyOf(request),
        async (trx: Transaction<PresentationTables>) => {
          const licenseId = request.params.id
          const { reference, expiresAt } = await createPresentation(trx, keys, {
            ...{ ...order, licenseId, at: now() },
          })
          const url = `${publicUrl}/v1/presentations/${reference}`
          const qr = renderSVG(url, { ecc: 'M' })
          const body = { reference, url, qr, expiresAt: expiresAt.toISOString() }
          return { status: 201, headers: { 'cache-control': 'no-store' }, body }
        },
        refusalOf(request),
      )
      return sendAnswer(reply, once)
    },
  )

  app.post(
    '/presentations/:reference/exchange',
    {
      config: { scope: 'license:verify' },
      schema: {
        operationId: 'exchangePresentation',
        tags: ['presentations'],
        summary: 'What the holder shows by this reference; verification checks it',
        params: Type.Object({
          reference: Type.String({ pattern: '^[\\w-]{43}$', examples: [REFERENCE] }),
        }),
        response: { 200: ExchangeAnswer, ...problems(404, 410) },
      },
    },
    async (request, reply) => {
      const by = clientOf(request).clientId
      reply.header('cache-control', 'no-store')
      return exchangePresentation({ db, keys }, request.params.reference, { at: now(), by })
    },
  )
}
