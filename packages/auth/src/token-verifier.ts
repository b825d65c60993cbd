import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose'

import {
  TokenBindingRequiredError,
  TokenKeysUnavailableError,
  UnauthenticatedError,
} from './auth.errors.ts'
import { bindingOf, type TokenBinding } from './token-binding.ts'

/** Audience of every access token: one is good at every service. */
export const TOKEN_AUDIENCE = 'urn:lexchange:api'

export type ClientKind = 'authority' | 'department' | 'administrator' | 'service' | 'holder'

/** Who is calling, as its access token says. */
export type Client = {
  readonly clientId: string
  readonly kind: ClientKind
  readonly authorityId?: string
  readonly departmentId?: string
  /** USCC of the enterprise that a holder's client acts for. */
  readonly holderUscc?: string
  readonly scopes: ReadonlySet<string>
  /** When the token ends, in ms since 1970. */
  readonly expiresAt: number
  /** What the token is bound to: it is good only with a proof of that (`requirePossession`). */
  readonly binding?: TokenBinding
}

export type TokenVerifier = {
  /** @throws UnauthenticatedError, TokenKeysUnavailableError */
  verify(authorization: string | undefined): Promise<Client>
  /** A client whose token was checked before, without waiting; undefined otherwise. */
  recall(authorization: string | undefined): Client | undefined
  /** Takes new keys; tokens checked by the old ones are checked again. */
  useKeys(keys: JSONWebKeySet): void
  readonly ready: boolean
}

const CACHED_TOKENS = 10_000
/** Clocks of two hosts may differ by this many seconds. */
const CLOCK_TOLERANCE = 5

/**
 * Checks access tokens (RFC 9068) locally, each only once until it expires.
 * @param issuer the `iss` that tokens must have.
 */
export function createTokenVerifier(issuer: string, now: () => number = Date.now): TokenVerifier {
  const clients = new Map<string, Client>()
  /** Some of them by a few characters: to find one in the Map all 700 of the header are hashed. */
  const recent: ({ authorization: string; client: Client } | undefined)[] = []
  let keys: ReturnType<typeof createLocalJWKSet> | undefined

  function recall(authorization: string | undefined): Client | undefined {
    if (authorization === undefined) return undefined
    const slot = slotOf(authorization)
    const near = recent[slot]
    const client = near?.authorization === authorization ? near.client : clients.get(authorization)
    if (!client) return undefined
    if (client.expiresAt > now()) {
      if (near?.client !== client) recent[slot] = { authorization, client }
      return client
    }
    clients.delete(authorization)
    recent[slot] = undefined
    return undefined
  }

  return {
    recall,
    async verify(authorization) {
      const known = recall(authorization)
      if (known) return known
      const { scheme, token } = readAuthorization(authorization)
      if (!keys) throw new TokenKeysUnavailableError()
      const client = toClient(await check(token, keys, issuer))
      requireScheme(scheme, client)
      // Oldest first: a Map keeps the order of insertion.
      if (clients.size >= CACHED_TOKENS) clients.delete(clients.keys().next().value ?? '')
      clients.set(authorization as string, client)
      return client
    },
    useKeys(jwks) {
      keys = createLocalJWKSet(jwks)
      clients.clear()
      recent.length = 0
    },
    get ready() {
      return keys !== undefined
    },
  }
}

/** From the end of the signature, where all tokens differ; 256 slots. */
function slotOf(authorization: string): number {
  const end = authorization.length
  return (authorization.charCodeAt(end - 3) * 31 + authorization.charCodeAt(end - 5)) & 255
}

/** The two parts of an `Authorization` header. @throws UnauthenticatedError */
export function readAuthorization(authorization: string | undefined) {
  const [, scheme, token] = /^(Bearer|DPoP) ([\w~+/.-]+=*)$/i.exec(authorization ?? '') ?? []
  if (scheme === undefined || token === undefined)
    throw new UnauthenticatedError('Send an access token: Authorization: Bearer <token>')
  return { scheme: scheme.toLowerCase() as 'bearer' | 'dpop', token }
}

/** A token bound to a key is no bearer token, and one that is not proves nothing (RFC 9449, 7.1). */
function requireScheme(scheme: 'bearer' | 'dpop', { binding }: Client): void {
  const bound = binding?.jkt !== undefined
  if (bound && scheme === 'bearer')
    throw new TokenBindingRequiredError('This token is bound to a key: send it with a DPoP proof')
  if (!bound && scheme === 'dpop')
    throw new UnauthenticatedError('The access token is bound to no key: send it as Bearer')
}

async function check(
  token: string,
  keys: ReturnType<typeof createLocalJWKSet>,
  issuer: string,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience: TOKEN_AUDIENCE,
      typ: 'at+jwt',
      algorithms: ['ES256'],
      requiredClaims: ['sub', 'client_id', 'iat', 'exp', 'jti'],
      clockTolerance: CLOCK_TOLERANCE,
    })
    return payload
  } catch (cause) {
    if (cause instanceof errors.JWTExpired)
      throw new UnauthenticatedError('The access token has expired', cause)
    throw new UnauthenticatedError('The access token does not hold', cause)
  }
}

function toClient(payload: JWTPayload): Client {
  const { client_id, kind, authority_id, department_id, holder_uscc, scope, exp, cnf } = payload
  const binding = bindingOf(cnf)
  return {
    clientId: String(client_id),
    kind: kind as ClientKind,
    ...(typeof authority_id === 'string' && { authorityId: authority_id }),
    ...(typeof department_id === 'string' && { departmentId: department_id }),
    ...(typeof holder_uscc === 'string' && { holderUscc: holder_uscc }),
    scopes: new Set(typeof scope === 'string' ? scope.split(' ') : []),
    expiresAt: (exp as number) * 1000,
    ...(binding && { binding }),
  }
}
