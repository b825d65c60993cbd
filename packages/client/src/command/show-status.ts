import type { Readiness, SubscriptionAnswer } from '../answers.ts'
import type { Api } from '../api.ts'
import { readPages } from '../read-pages.ts'
import { EXIT } from './exit-codes.ts'
import { type Print, table } from './terminal.ts'

type ServiceStatus = {
  service: string
  url: string
  state: 'ready' | 'not-ready' | 'unreachable'
  milliseconds: number
  dependencies: Readiness['dependencies']
  /** Of verification: up to where it knows LICENSES, and how much it does not yet. */
  position?: number
  lag?: number
}

const TIMEOUT_MS = 5_000

/** lexchange status: what is up, how far verification and the own subscriptions are. */
export async function showStatus({ api, print }: { api: Api; print: Print }): Promise<number> {
  const entries = Object.entries(api.services) as [string, string][]
  const services = await Promise.all(entries.map(([service, url]) => ask(service, url)))
  const subscriptions = await listSubscriptions(api)
  print.answer({ services, ...(subscriptions && { subscriptions }) }, () => [
    ...table(services.map(toRow)),
    ...table((subscriptions ?? []).map(toSubscriptionRow)),
  ])
  return services.every(({ state }) => state === 'ready') ? EXIT.ok : EXIT.unavailable
}

async function ask(service: string, url: string): Promise<ServiceStatus> {
  const started = performance.now()
  const took = () => Math.round(performance.now() - started)
  try {
    const response = await get(`${url}/health/ready`)
    const { status, dependencies } = (await response.json()) as Readiness
    const state = status === 'ready' && response.ok ? 'ready' : 'not-ready'
    const place = service === 'verification' ? await findPlace(url) : {}
    return { service, url, state, milliseconds: took(), dependencies, ...place }
  } catch {
    return { service, url, state: 'unreachable', milliseconds: took(), dependencies: {} }
  }
}

async function findPlace(url: string): Promise<{ position?: number; lag?: number }> {
  const response = await get(`${url}/metrics`)
  const text = response.ok ? await response.text() : ''
  const position = metric(text, 'projection_position')
  const last = metric(text, 'projection_stream_last_sequence')
  if (position === undefined) return {}
  return { position, ...(last !== undefined && { lag: Math.max(0, last - position) }) }
}

function metric(text: string, name: string): number | undefined {
  const found = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)
  return found ? Number(found[1]) : undefined
}

function get(url: string): Promise<Response> {
  return fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
}

/** The subscriptions that the client may see; undefined where it may not, or the registry is away. */
async function listSubscriptions({
  http,
  services,
}: Api): Promise<SubscriptionAnswer[] | undefined> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  const url = `${services.registry}/v1/subscriptions`
  const found: SubscriptionAnswer[] = []
  try {
    for await (const each of readPages<SubscriptionAnswer>(http, url, {}, signal)) found.push(each)
    return found
  } catch {
    return undefined
  }
}

function toRow(status: ServiceStatus): string[] {
  const { service, state, milliseconds, dependencies, position, lag, url } = status
  const parts = Object.entries(dependencies).map(
    ([name, { status: is, detail }]) => `${name} ${is}${detail ? ` (${detail})` : ''}`,
  )
  if (position !== undefined) parts.push(`position ${position}`, `lag ${lag ?? 'unknown'}`)
  return [service, state, `${milliseconds} ms`, url, parts.join(', ')]
}

function toSubscriptionRow({ id, state, position, lag, delivery, lastError }: SubscriptionAnswer) {
  const place = `position ${position ?? 'none'}, lag ${lag}`
  return ['subscription', id, state, delivery.kind, place, lastError ?? '']
}
