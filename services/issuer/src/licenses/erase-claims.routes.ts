import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  type Answer,
  ChangeHeaders,
  clientOf,
  commandKeyOf,
  ifMatchOf,
  problems,
  refusalOf,
  sendAnswer,
  traceparentOf,
} from '@lexchange/http-server'

import type { Directory } from '../directory/index.ts'
import { type ErasureDeps, eraseClaims } from './erase-claims.ts'
import { EraseRequest, LicenseAnswer, LicenseParams } from './license.schemas.ts'
import { etagOf, licenseView } from './license.ts'

export const erasureRoutes: FastifyPluginAsyncTypebox<
  ErasureDeps & { directory: Directory }
> = async (app, deps) => {
  app.post(
    '/licenses/:id/erase-claims',
    {
      config: { scope: 'license:issue' },
      schema: {
        operationId: 'eraseClaims',
        tags: ['licenses'],
        summary: 'Erase the personal and secret claims of all versions, for good',
        description:
          'Makes no version: history, status and public claims stay. Nobody can undo it, and the license gets no personal or secret claim any more.',
        params: LicenseParams,
        headers: ChangeHeaders,
        body: EraseRequest,
        response: { 200: LicenseAnswer, ...problems(404, 409, 412, 422, 503) },
      },
    },
    async (request, reply) => {
      const client = clientOf(request)
      const { reason, legalBasis = null } = request.body
      const once = await eraseClaims<Answer>(
        deps,
        {
          id: request.params.id,
          authorityId: deps.directory.authorityOf(client).id,
          by: client.clientId,
          ...{ reason, legalBasis },
          traceparent: traceparentOf(request),
          requireVersion: ifMatchOf(request),
        },
        {
          key: commandKeyOf(request),
          answer: (license) => ({
            status: 200,
            headers: { etag: etagOf(license) },
            body: { license: licenseView(license, deps.now()) },
          }),
          refuse: refusalOf(request),
        },
      )
      return sendAnswer(reply, once as never)
    },
  )
}
