import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { PROOF_ALGORITHMS } from '@lexchange/auth'
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
import type { JWK } from 'jose'
import type { Kysely } from 'kysely'
import type Provider from 'oidc-provider'

import { ALL_SCOPES } from '../directory/index.ts'
import {
  ASSERTION_ALGORITHMS,
  type AuthorizationServerDeps,
  createAuthorizationServer,
} from './create-authorization-server.ts'
import {
  Jwks,
  Metadata,
  RotatedKey,
  Token,
  TokenError,
  TokenHeaders,
  TokenRequest,
} from './oauth.schemas.ts'
import type { OAuthTables } from './oauth.tables.ts'
import { type KeyPolicy, rotateSigningKey } from './rotate-signing-key.ts'

export type OAuthDeps = AuthorizationServerDeps & {
  db: Kysely<OAuthTables & IdempotencyTables>
  policy: KeyPolicy
  now: () => Date
}

export const oauthRoutes: FastifyPluginAsyncTypebox<OAuthDeps> = async (app, deps) => {
  await app.register(tokenRoute, deps)
  await app.register(rotationRoute, deps)

  app.get(
    '/.well-known/oauth-authorization-server',
    {
      config: { scope: 'public' },
      schema: {
        operationId: 'getAuthorizationServerMetadata',
        tags: ['oauth'],
        summary: 'Metadata of the authorization server (RFC 8414)',
        response: { 200: Metadata },
      },
    },
    async () => metadataOf(deps.issuer),
  )

  app.get(
    '/oauth/jwks',
    {
      config: { scope: 'public' },
      schema: {
        operationId: 'getJwks',
        tags: ['oauth'],
        summary: 'Public keys that access tokens are signed with (RFC 7517)',
        response: { 200: Jwks },
      },
    },
    async (_request, reply) => {
      deps.keys.privateKeys()
      return reply.header('cache-control', 'public, max-age=15').send(deps.keys.jwks())
    },
  )
}

const rotationRoute: FastifyPluginAsyncTypebox<OAuthDeps> = async (app, deps) => {
  app.post(
    '/v1/signing-keys/rotate',
    {
      config: { scope: 'directory:admin' },
      schema: {
        operationId: 'rotateSigningKey',
        tags: ['oauth'],
        summary: 'Publish a new signing key now; it signs after the overlap',
        headers: CommandHeaders,
        response: { 201: RotatedKey, ...problems(409, 422) },
      },
    },
    async (request, reply) => {
      const once = await runOnce<OAuthTables, Answer>(
        deps.db,
        commandKeyOf(request),
        async (trx) => {
          const key = await rotateSigningKey(
            trx,
            deps.policy,
            clientOf(request).clientId,
            deps.now(),
          )
          const { kid, createdAt, activeFrom } = key
          const body = {
            kid,
            createdAt: createdAt.toISOString(),
            activeFrom: activeFrom.toISOString(),
          }
          return { status: 201, headers: {}, body }
        },
        refusalOf(request),
      )
      await deps.keys.refresh()
      return sendAnswer(reply, once)
    },
  )
}

/** Scoped by itself: here bodies are left unread, because the library reads them. */
const tokenRoute: FastifyPluginAsyncTypebox<OAuthDeps> = async (app, deps) => {
  const providerOf = createProviderCache(deps)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))

  app.post(
    '/oauth/token',
    {
      config: { scope: 'public' },
      schema: {
        operationId: 'requestToken',
        tags: ['oauth'],
        summary: 'Get an access token: client_credentials with private_key_jwt (RFC 7523)',
        description:
          'Scopes must be named; of those named the allowed ones are granted. Errors are those of RFC 6749, 5.2.',
        consumes: ['application/x-www-form-urlencoded'],
        headers: TokenHeaders,
        body: TokenRequest,
        response: { 200: Token, 400: TokenError, 401: TokenError, 503: TokenError },
      },
      // The library checks the body itself; the schema documents it.
      validatorCompiler: () => () => true,
    },
    async (request, reply) => {
      const handle = providerOf().callback()
      // The library writes the answer past Fastify, which has set headers that every answer carries.
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) reply.raw.setHeader(name, value)
      reply.hijack()
      await handle(request.raw, reply.raw)
    },
  )
}

/** The provider is made anew when the keys change. */
function createProviderCache(deps: OAuthDeps): () => Provider {
  let keys: JWK[] | undefined
  let provider: Provider | undefined
  return () => {
    const present = deps.keys.privateKeys()
    if (provider === undefined || keys !== present) {
      provider = createAuthorizationServer(deps)
      keys = present
    }
    return provider
  }
}

function metadataOf(issuer: string) {
  return {
    issuer,
    token_endpoint: `${issuer}/oauth/token`,
    jwks_uri: `${issuer}/oauth/jwks`,
    scopes_supported: [...ALL_SCOPES],
    response_types_supported: [],
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: [...ASSERTION_ALGORITHMS],
    dpop_signing_alg_values_supported: [...PROOF_ALGORITHMS],
    tls_client_certificate_bound_access_tokens: true,
    service_documentation: `${issuer}/docs`,
  }
}
