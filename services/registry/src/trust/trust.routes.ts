import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { problems } from '@lexchange/http-server'
import { findLicenseType } from '@lexchange/license'
import type { Kysely } from 'kysely'

import type { DirectoryTables } from '../directory/index.ts'
import { listIssuers } from './list-issuers.ts'
import { typeMetadata } from './metadata.ts'
import { CredentialTypeNotFoundError } from './trust.errors.ts'
import { TrustListAnswer, TypeMetadataAnswer, TypeParams } from './trust.schemas.ts'

export type TrustDeps = { db: Kysely<DirectoryTables>; issuer: string; now: () => Date }

/** What somebody needs who checks a credential without asking the exchange. */
export const trustRoutes: FastifyPluginAsyncTypebox<TrustDeps> = async (
  app,
  { db, issuer, now },
) => {
  app.get(
    '/v1/trust-list',
    {
      config: { scope: ['license:read', 'license:verify', 'holder:read'] },
      schema: {
        operationId: 'getTrustList',
        tags: ['trust'],
        summary:
          'Who may issue what, with the keys that credentials and status lists are signed with',
        response: { 200: TrustListAnswer, ...problems(503) },
      },
    },
    async () => ({ asOf: now().toISOString(), issuers: await listIssuers(db) }),
  )

  app.get(
    '/.well-known/vct/:code',
    {
      config: { scope: 'public' },
      schema: {
        operationId: 'getCredentialType',
        tags: ['trust'],
        summary: 'Type Metadata (SD-JWT VC) of the credentials of a license type',
        params: TypeParams,
        response: { 200: TypeMetadataAnswer, ...problems(404) },
      },
    },
    async (request, reply) => {
      const licenseType = findLicenseType(request.params.code)
      if (!licenseType) throw new CredentialTypeNotFoundError(request.params.code)
      reply.header('cache-control', 'public, max-age=3600')
      return typeMetadata(issuer, licenseType)
    },
  )
}
