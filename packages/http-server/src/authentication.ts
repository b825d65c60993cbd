import { type Client, InsufficientScopeError, type TokenVerifier } from '@lexchange/auth'
import type { FastifyInstance, FastifyRequest } from 'fastify'

type AuthenticationOptions = { verifier: TokenVerifier; authorize?: (client: Client) => void }

/** Pages that plugins register by themselves; they hold documents only. */
const PUBLIC_PLUGIN_ROUTES = /^\/docs(\/|$)/

/** Authentication comes before validation; every route says which scope it needs, or that it is public. */
export function registerAuthentication(
  app: FastifyInstance,
  { verifier, authorize }: AuthenticationOptions,
): void {
  app.decorateRequest('client', undefined)
  app.addHook('onRoute', (route) => {
    if (PUBLIC_PLUGIN_ROUTES.test(route.url)) route.config = { ...route.config, scope: 'public' }
    if (scopesOf(route.config?.scope).join('') === '')
      throw new Error(`${route.method} ${route.url} declares no scope`)
  })

  function admit(request: FastifyRequest, client: Client, scopes: readonly string[]): void {
    requireScope(client, scopes)
    authorize?.(client)
    request.client = client
  }

  // Without a promise for a token that is known, because that is nearly every request.
  app.addHook('onRequest', (request, _reply, done) => {
    const { scope } = request.routeOptions.config
    if (scope === 'public' || (request.is404 && !needsToken(request))) return done()
    const header = request.headers.authorization
    const known = verifier.recall(header)
    if (known) {
      admit(request, known, scopesOf(scope))
      return done()
    }
    verifier
      .verify(header)
      .then((client) => admit(request, client, scopesOf(scope)))
      .then(() => done(), done)
  })
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
