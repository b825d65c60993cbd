import {
  type Client,
  InsufficientScopeError,
  requirePossession,
  type TokenVerifier,
  type UseProof,
} from '@lexchange/auth'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { type CertificateReader, thumbprintOf } from './client-certificate.ts'
import { pathOf } from './problem-replies.ts'
import type { RateLimits } from './rate-limits.ts'

type AuthenticationOptions = {
  verifier: TokenVerifier
  authorize?: (client: Client) => void
  publicUrl: string
  limits: RateLimits
  certificateOf: CertificateReader
  useProof: UseProof
}

/** Pages that plugins register by themselves; they hold documents only. */
const PUBLIC_PLUGIN_ROUTES = /^\/docs(\/|$)/
/** Whoever watches a service must hear from it when it is under load. */
const UNLIMITED = /^\/(health|metrics)(\/|$|\?)/

/** Authentication comes before validation; every route says which scope it needs, or that it is public. */
export function registerAuthentication(app: FastifyInstance, options: AuthenticationOptions): void {
  const { verifier, authorize, limits } = options
  app.decorateRequest('client', undefined)
  app.addHook('onRoute', (route) => {
    if (PUBLIC_PLUGIN_ROUTES.test(route.url)) route.config = { ...route.config, scope: 'public' }
    if (scopesOf(route.config?.scope).join('') === '')
      throw new Error(`${route.method} ${route.url} declares no scope`)
  })

  function admit(
    request: FastifyRequest,
    reply: FastifyReply,
    client: Client,
    scopes: readonly string[],
  ): void {
    // First, because a refusal is recorded with who was refused.
    request.client = client
    requireScope(client, scopes)
    authorize?.(client)
    limits.takeOfClient(client, reply)
  }

  async function identify(request: FastifyRequest, known: Client | undefined): Promise<Client> {
    // A signature costs a tenth of a millisecond, and anybody can send one.
    if (!known) limits.takeOfStranger(request.ip)
    const client = known ?? (await verifier.verify(request.headers.authorization))
    if (client.binding) await requirePossession(client, shownBy(request, options), options.useProof)
    return client
  }

  // Without a promise for a token that is known, because that is nearly every request.
  app.addHook('onRequest', (request, reply, done) => {
    const { scope } = request.routeOptions.config
    if (scope === 'public' || (request.is404 && !needsToken(request))) {
      if (!UNLIMITED.test(request.url)) limits.takeOfStranger(request.ip)
      return done()
    }
    const known = verifier.recall(request.headers.authorization)
    if (known && !known.binding) {
      admit(request, reply, known, scopesOf(scope))
      return done()
    }
    identify(request, known)
      .then((client) => admit(request, reply, client, scopesOf(scope)))
      .then(() => done(), done)
  })
}

function shownBy(request: FastifyRequest, { publicUrl, certificateOf }: AuthenticationOptions) {
  const certificate = certificateOf(request.raw)
  return {
    authorization: request.headers.authorization,
    proof: request.headers.dpop,
    method: request.method,
    url: `${publicUrl}${pathOf(request)}`,
    certificate: certificate && thumbprintOf(certificate),
  }
}

/** The scopes of a route, any of which opens it. */
export function scopesOf(scope: string | readonly string[] | undefined): readonly string[] {
  if (scope === undefined) return []
  return typeof scope === 'string' ? [scope] : scope
}

function requireScope(client: Client, scopes: readonly string[]): void {
  const [first] = scopes
  if (first !== undefined && !scopes.some((scope) => client.scopes.has(scope)))
    throw new InsufficientScopeError(first)
}

/** Below /v1 even what does not exist is told only to those who have a token. */
export function needsToken(request: FastifyRequest): boolean {
  return /^\/v1(\/|$|\?)/.test(request.url)
}

/** The client of a route that is not public. */
export function clientOf(request: FastifyRequest): Client {
  if (!request.client) throw new Error('clientOf() was called on a public route')
  return request.client
}
