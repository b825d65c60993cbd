import type { ClientOptions } from './client-options.ts'
import { TokenError, UnreachableError } from './problem.errors.ts'
import { readRetryAfter } from './retry.ts'
import { readPrivateKey, signAssertion } from './sign-assertion.ts'
import { orAborted } from './signals.ts'

export type AccessTokens = {
  /** A token that is good now. However many ask, one request is under way. */
  get(signal?: AbortSignal): Promise<string>
  /** A service did not take this token: the next `get` brings another. */
  refused(token: string): void
}

/** What a department's client may have. */
const SCOPES = ['license:read', 'license:verify', 'subscription:manage']
/** Tokens are renewed before they end: this long in ms, or a tenth of their life if that is less. */
const RENEW_BEFORE = 30_000
const TIMEOUT = 10_000

/** Gets tokens by client_credentials with private_key_jwt, and keeps each until shortly before it ends. */
export function createAccessTokens(options: ClientOptions): AccessTokens {
  const ask = createTokenRequest(options)
  let current: { token: string; until: number } | undefined
  let asking: Promise<string> | undefined

  async function renew(): Promise<string> {
    const { access_token, expires_in } = await ask()
    const life = expires_in * 1_000
    current = { token: access_token, until: Date.now() + life - Math.min(RENEW_BEFORE, life / 10) }
    return access_token
  }

  return {
    get(signal) {
      if (current && current.until > Date.now()) return Promise.resolve(current.token)
      asking ??= renew().finally(() => {
        asking = undefined
      })
      return orAborted(asking, signal)
    },
    refused(token) {
      if (current?.token === token) current = undefined
    },
  }
}

function createTokenRequest(options: ClientOptions) {
  const { tokenEndpoint, clientId, issuer, scopes = SCOPES } = options
  const key = readPrivateKey(options)
  return async () => {
    const response = await post(tokenEndpoint, {
      grant_type: 'client_credentials',
      client_id: clientId,
      scope: scopes.join(' '),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await signAssertion(key, { clientId, issuer }),
    })
    const body = (await response.json().catch(() => ({}))) as Record<string, unknown>
    if (response.ok && typeof body.access_token === 'string') return readToken(body)
    const code = typeof body.error === 'string' ? body.error : `http-${response.status}`
    const why = body.error_description ?? body.detail ?? 'no access token was given'
    const retryAfter = readRetryAfter(response.headers.get('retry-after'), Date.now())
    throw new TokenError(code, `${clientId}: ${code}: ${why}`, response.status, retryAfter)
  }
}

function readToken({ access_token, expires_in }: Record<string, unknown>) {
  // RFC 6749 only recommends expires_in.
  return { access_token: String(access_token), expires_in: Number(expires_in ?? 60) }
}

async function post(url: string, form: Record<string, string>): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams(form),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT),
    })
  } catch (cause) {
    throw new UnreachableError(`${url} cannot be reached`, { cause })
  }
}
