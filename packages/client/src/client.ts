import type {
  License,
  LicenseVersion,
  SearchFilter,
  StatusAnswer,
  VerificationAnswer,
  VerificationRequest,
  VerifiedItem,
} from './answers.ts'
import { type Api, createApi } from './api.ts'
import type { ClientOptions, Services } from './client-options.ts'
import type { Call } from './http.ts'
import { createOffline, type Offline, type OfflineOptions } from './offline.ts'
import { readPages } from './read-pages.ts'
import { type SubscribeOptions, type Subscription, subscribe } from './subscribe.ts'
import { type VerifyManyOptions, verifyMany } from './verify-many.ts'

export type CallOptions = { readonly signal?: AbortSignal }

export type CheckOptions = CallOptions & {
  /** The time that is asked about; now. */
  readonly at?: Date | string
  /** Wait until the answer is current to this position in LICENSES. */
  readonly minPosition?: number
}

export type ApiRequest = CallOptions & {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** e.g. `/v1/subscriptions` */
  readonly path: string
  readonly query?: Call['query']
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Calls the exchange as one client of it. */
export type LexchangeClient = {
  /** What a license is worth, now or at an earlier time. */
  check(type: string, number: string, options?: CheckOptions): Promise<StatusAnswer>
  /** One check for a purpose: verdict, matches, values. */
  verify(request: VerificationRequest, options?: CallOptions): Promise<VerificationAnswer>
  /** Any number of checks, answered in their order. */
  verifyMany(
    requests: AsyncIterable<VerificationRequest> | Iterable<VerificationRequest>,
    options?: VerifyManyOptions,
  ): AsyncGenerator<VerifiedItem, void, undefined>
  /** The current version, with public claims. */
  license(id: string, options?: CallOptions): Promise<License>
  /** Every version, oldest first. */
  history(id: string, options?: CallOptions): Promise<LicenseVersion[]>
  /** Licenses in the order of their last change, page by page as they are asked for. */
  search(filter: SearchFilter, options?: CallOptions): AsyncGenerator<License, void, undefined>
  /** Changes as they happen, each once, across any disconnect. */
  subscribe(id: string, options?: SubscribeOptions): Subscription
  /** Checks credentials by documents that it fetches and keeps. */
  offline(options?: OfflineOptions): Promise<Offline>
  /** Anything else. A POST gets an Idempotency-Key, so that it can be sent again. */
  request<Body>(service: keyof Services, request: ApiRequest): Promise<Body>
}

export function createClient(options: ClientOptions): LexchangeClient {
  const api = createApi(options)
  const { http, services } = api
  const { registry, verification } = services
  const licenses = `${registry}/v1/licenses`
  const get = <Body>(url: string, { signal }: CallOptions = {}) =>
    http.json<Body>({ url, repeatable: true, signal })

  return {
    check: (type, number, { at, minPosition, signal } = {}) =>
      http.json({
        url: `${verification}/v1/licenses/${segment(type)}/${segment(number)}/status`,
        query: { at: at instanceof Date ? at.toISOString() : at, minPosition },
        repeatable: true,
        signal,
      }),
    verify: (request, { signal } = {}) =>
      http.json({
        method: 'POST',
        url: `${verification}/v1/verifications`,
        json: request,
        repeatable: true,
        signal,
      }),
    verifyMany: (requests, batching = {}) => verifyMany({ http, verification }, requests, batching),
    license: async (id, call) =>
      (await get<{ license: License }>(`${licenses}/${segment(id)}`, call)).license,
    async history(id, { signal } = {}) {
      const url = `${licenses}/${segment(id)}/history`
      const versions: LicenseVersion[] = []
      for await (const each of readPages<LicenseVersion>(http, url, { limit: 200 }, signal))
        versions.push(each)
      return versions
    },
    search: (filter, { signal } = {}) => readPages(http, licenses, filter, signal),
    subscribe: (id, how) => subscribe({ http, registry }, id, how),
    offline: (how = {}) => createOffline({ http, registry }, how),
    request: (service, request) => requestAny(api, service, request),
  }
}

async function requestAny<Body>(
  { http, services }: Api,
  service: keyof Services,
  { method = 'GET', path, query = {}, body, headers = {}, signal }: ApiRequest,
): Promise<Body> {
  const base = services[service]
  if (base === undefined) throw new TypeError(`services.${service} is not known`)
  const key: Record<string, string> =
    method === 'POST' ? { 'idempotency-key': crypto.randomUUID() } : {}
  const { text } = await http.send({
    method,
    url: `${base}${path}`,
    query,
    json: body,
    headers: { ...key, ...headers },
    repeatable: method === 'GET' || method === 'POST',
    signal,
  })
  return (text === '' ? undefined : JSON.parse(text)) as Body
}

function segment(value: string): string {
  return encodeURIComponent(value)
}
