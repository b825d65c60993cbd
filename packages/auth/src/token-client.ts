import { importJWK, type JWK, SignJWT } from 'jose'

import type { ProofKey } from './dpop-proof.ts'

export type TokenClientOptions = {
  /** Where tokens are asked for, e.g. http://registry:7002/oauth/token */
  tokenEndpoint: string
  /** `iss` of the authorization server, the audience of the assertion. */
  issuer: string
  clientId: string
  /** Private key (JWK) of the client, ES256. */
  privateKey: JWK
  scopes: readonly string[]
  /** Binds the tokens to this key (RFC 9449): send them as `DPoP`, with a proof of it for each request. */
  proofKey?: ProofKey
}

/** The authorization server refused or could not be reached; the message says why. */
export class TokenRequestError extends Error {
  override readonly name = 'TokenRequestError'
}

/** Tokens are renewed this long before they end, in ms. */
const RENEW_BEFORE = 30_000

/**
 * Gets access tokens by client_credentials with private_key_jwt (RFC 7523, 2.2) and keeps each until
 * shortly before it ends.
 * @returns a function that gives a token that is good now.
 */
export function createTokenClient(options: TokenClientOptions): () => Promise<string> {
  let current: { token: string; until: number } | undefined
  let asking: Promise<string> | undefined

  async function renew(): Promise<string> {
    const { access_token, expires_in } = await requestToken(options)
    current = { token: access_token, until: Date.now() + expires_in * 1000 - RENEW_BEFORE }
    return access_token
  }

  return async () => {
    if (current && current.until > Date.now()) return current.token
    asking ??= renew().finally(() => {
      asking = undefined
    })
    return asking
  }
}

async function requestToken(options: TokenClientOptions) {
  const { tokenEndpoint, proofKey } = options
  const proof = await proofKey?.prove('POST', tokenEndpoint)
  const response = await fetch(tokenEndpoint, {
    method: 'POST',
    headers: { accept: 'application/json', ...(proof !== undefined && { dpop: proof }) },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: options.clientId,
      scope: options.scopes.join(' '),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await signAssertion(options),
    }),
    signal: AbortSignal.timeout(10_000),
  })
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>
  if (!response.ok)
    throw new TokenRequestError(
      `${tokenEndpoint} answered ${response.status} ${body.error ?? ''} ${body.error_description ?? ''}`.trim(),
    )
  return body as { access_token: string; expires_in: number }
}

async function signAssertion({ issuer, clientId, privateKey }: TokenClientOptions) {
  const key = await importJWK(privateKey, 'ES256')
  return new SignJWT()
    .setProtectedHeader({ alg: 'ES256', ...(privateKey.kid && { kid: privateKey.kid }) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(issuer)
    .setJti(crypto.randomUUID())
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(key)
}
