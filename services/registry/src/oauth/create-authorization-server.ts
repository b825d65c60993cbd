import type { X509Certificate } from 'node:crypto'
import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'

import { PROOF_ALGORITHMS, TOKEN_AUDIENCE } from '@lexchange/auth'
import { isDatabaseUnavailable } from '@lexchange/postgres'
import type { Kysely } from 'kysely'
import {
  type Adapter,
  type ClientMetadata,
  type Configuration,
  errors,
  type KoaContextWithOIDC,
  Provider,
} from 'oidc-provider'
import type { Logger } from 'pino'

import { findOAuthClient, type OAuthClient } from '../directory/index.ts'
import type { OAuthTables } from './oauth.tables.ts'
import { boundBy, checkBinding } from './sender-constraints.ts'
import { useAssertion } from './used-assertions.ts'
import type { SigningKeys } from './watch-signing-keys.ts'

export const ASSERTION_ALGORITHMS = ['ES256', 'EdDSA'] as const
const TOKEN_SECONDS = 600
const ASSERTION_SECONDS = 300
const CLOCK_TOLERANCE = 5

export type AuthorizationServerDeps = {
  db: Kysely<OAuthTables>
  log: Logger
  issuer: string
  keys: SigningKeys
  /** The certificate that a client has shown (RFC 8705). */
  certificateOf: (request: IncomingMessage) => X509Certificate | undefined
}

/** oidc-provider, reduced to client_credentials with private_key_jwt (RFC 7523) and JWTs (RFC 9068). */
export function createAuthorizationServer(deps: AuthorizationServerDeps): Provider {
  const provider = new Provider(deps.issuer, configurationOf(deps))
  // The library would build the token endpoint's URL from the Host header, and so take an assertion
  // that was made for another server.
  const audiences = new Set([deps.issuer, `${deps.issuer}/oauth/token`])
  Object.defineProperty(provider.OIDCContext.prototype, 'clientJwtAuthExpectedAudience', {
    value: () => audiences,
  })
  // For the same reason a DPoP proof has to name the address that the setting has.
  Object.defineProperty(provider.OIDCContext.prototype, 'urlFor', {
    value: () => `${deps.issuer}/oauth/token`,
  })
  provider.on('server_error', (ctx, err) => answerFailure(deps, ctx, err))
  provider.on('grant.error', ({ oidc }, { message, error_detail }) => {
    // Never the assertion itself: until it ends it may be good.
    const client = oidc.params?.client_id
    deps.log.info({ client, error: message, detail: error_detail }, 'token refused')
  })
  // Without a listener Koa prints to stderr.
  const emitter: EventEmitter = provider
  emitter.on('error', (err) => deps.log.warn({ err }, 'token request broken off'))
  return provider
}

function configurationOf(deps: AuthorizationServerDeps): Configuration {
  return {
    adapter: (model) => createAdapter(deps, model),
    jwks: { keys: deps.keys.privateKeys() } as NonNullable<Configuration['jwks']>,
    // Nothing here sets cookies, but without keys the library warns.
    cookies: { keys: [crypto.randomUUID()] },
    clientAuthMethods: ['private_key_jwt'],
    enabledJWA: {
      clientAuthSigningAlgValues: [...ASSERTION_ALGORITHMS],
      dPoPSigningAlgValues: [...PROOF_ALGORITHMS],
    },
    clockTolerance: CLOCK_TOLERANCE,
    scopes: [],
    responseTypes: [],
    routes: { token: '/oauth/token', jwks: '/oauth/jwks' },
    ttl: { ClientCredentials: TOKEN_SECONDS },
    extraClientMetadata: { properties: ['lexchange'] },
    extraTokenClaims: (_ctx, token) => claimsOf(token.client as unknown as Registered),
    assertJwtClientAuthClaimsAndHeader: async (ctx, claims, _header, client) => {
      checkAssertion(claims)
      checkBinding(ctx, (client as unknown as Registered).lexchange, deps.certificateOf)
    },
    // Answers are JSON whatever a client accepts.
    renderError(ctx, out) {
      ctx.body = out
    },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      dPoP: { enabled: true },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        getCertificate: (ctx) => deps.certificateOf(ctx.req),
      },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => TOKEN_AUDIENCE,
        getResourceServerInfo: (ctx, resource, client) => ({
          scope: grantedScopes(ctx, resource, client as unknown as Registered),
          audience: TOKEN_AUDIENCE,
          accessTokenTTL: TOKEN_SECONDS,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256', kid: deps.keys.signingKid() } },
        }),
      },
    },
  }
}

type Registered = { lexchange: Omit<OAuthClient, 'publicKey'> }

function claimsOf({ lexchange: { kind, authorityId, departmentId, holderUscc } }: Registered) {
  return {
    kind,
    ...(authorityId !== undefined && { authority_id: authorityId }),
    ...(departmentId !== undefined && { department_id: departmentId }),
    ...(holderUscc !== undefined && { holder_uscc: holderUscc }),
  }
}

/** Least privilege: scopes are named (RFC 6749, 3.3), and of those named the allowed ones are granted. */
function grantedScopes(ctx: KoaContextWithOIDC, resource: string, client: Registered): string {
  if (resource !== TOKEN_AUDIENCE) throw new errors.InvalidTarget()
  const asked = [...ctx.oidc.requestParamScopes]
  const allowed = client.lexchange.scopes
  if (asked.length === 0)
    throw new errors.InvalidScope(`name the scopes; allowed are: ${allowed.join(' ')}`, '')
  const granted = asked.filter((scope) => allowed.includes(scope))
  if (granted.length === 0)
    throw new errors.InvalidScope('none of the scopes is allowed', asked.join(' '))
  return granted.join(' ')
}

function checkAssertion({ iat, exp }: Record<string, unknown>): void {
  const now = Date.now() / 1000
  if (typeof iat !== 'number') throw new errors.InvalidClientAuth('iat must be a number')
  if (typeof exp !== 'number' || exp > now + ASSERTION_SECONDS + CLOCK_TOLERANCE)
    throw new errors.InvalidClientAuth(`exp must be at most ${ASSERTION_SECONDS} seconds ahead`)
}

function createAdapter({ db, certificateOf }: AuthorizationServerDeps, model: string): Adapter {
  const authenticated = new WeakSet<object>()
  const adapter = {
    async find(id: string) {
      if (model !== 'Client') return undefined
      const client = await findOAuthClient(db, id)
      return client && toMetadata(client, boundBy(Provider.ctx, certificateOf) === 'certificate')
    },
    async upsert(id: string, _payload: unknown, seconds: number) {
      if (model !== 'ReplayDetection') throw new Error(`${model} is not stored`)
      // One statement decides, so that of two replicas only one takes the assertion.
      const first = await useAssertion(db, id, new Date(Date.now() + seconds * 1000))
      // The proof of a request comes after its assertion.
      const ctx = Provider.ctx
      const isProof = ctx !== undefined && authenticated.has(ctx)
      if (ctx) authenticated.add(ctx)
      if (first) return
      throw isProof
        ? new errors.InvalidDpopProof('DPoP proofs must only be used once')
        : new errors.InvalidClientAuth('client assertions must only be used once')
    },
  }
  return adapter as unknown as Adapter
}

function toMetadata({ publicKey, ...client }: OAuthClient, byCertificate: boolean): ClientMetadata {
  return {
    client_id: client.id,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    token_endpoint_auth_method: 'private_key_jwt',
    id_token_signed_response_alg: 'ES256',
    jwks: { keys: [publicKey] },
    tls_client_certificate_bound_access_tokens: byCertificate,
    lexchange: client,
  } as ClientMetadata
}

/** The event comes after the answer was made and before it is sent. */
function answerFailure(
  { log }: AuthorizationServerDeps,
  ctx: KoaContextWithOIDC,
  err: Error,
): void {
  if (!isDatabaseUnavailable(err)) {
    log.error({ err }, 'token request failed')
    return
  }
  log.warn({ err }, 'token request refused for now')
  ctx.status = 503
  ctx.set('retry-after', '2')
  ctx.body = {
    error: 'temporarily_unavailable',
    error_description: 'the database cannot be reached at the moment',
  }
}
