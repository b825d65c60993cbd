import { createAccessTokens } from './access-token.ts'
import type { ClientOptions, Services } from './client-options.ts'
import { createHttp, type Http } from './http.ts'
import { RETRY } from './retry.ts'

/** The services, as one client. */
export type Api = { readonly http: Http; readonly services: Services }

const TIMEOUT_MS = 30_000

export function createApi(options: ClientOptions): Api {
  const { timeoutMs = TIMEOUT_MS, retries = RETRY.retries } = options
  const entries = Object.entries(options.services).map(([name, url]) => [name, plain(url)])
  return {
    http: createHttp({
      tokens: createAccessTokens(options),
      retry: { ...RETRY, retries },
      timeoutMs,
    }),
    services: Object.fromEntries(entries) as Services,
  }
}

function plain(url: string): string {
  return url.endsWith('/') ? url.slice(0, -1) : url
}
