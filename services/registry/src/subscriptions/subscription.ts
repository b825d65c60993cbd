import type { LicenseEvent } from '@lexchange/contracts'
import { regionCovers } from '@lexchange/license'

/** What a subscription asks for; a member that is absent narrows nothing. */
export type SubscriptionFilter = {
  types?: readonly string[]
  /** Division codes, each with all that lies in it. */
  regions?: readonly string[]
  events?: readonly string[]
}

export type DeliveryKind = 'jetstream' | 'webhook' | 'sse'

/** `validUntil` of the one in use is null; a replaced one signs beside it until then. */
export type SealedSecret = { sealed: string; validUntil: string | null }

export type LastError = { at: string; code: string; detail: string }

export type Subscription = {
  id: string
  departmentId: string
  filter: SubscriptionFilter
  kind: DeliveryKind
  /** Of a webhook. */
  url: string | null
  secrets: readonly SealedSecret[]
  state: 'active' | 'paused'
  lastError: LastError | null
  revision: number
  /** The one that the fan-out follows. */
  seenRevision: number
  generation: number
  /** Position up to which its events were copied, while it is paused or catches up; else null. */
  behindFrom: number | null
  /** A replay was asked for, and has not begun yet. */
  replayPending: boolean
  /** Of SSE: the last message of DELIVERIES that there was, and that was sent. */
  publishedSequence: number
  sentSequence: number
  createdAt: Date
  updatedAt: Date
}

export type Asked = Pick<Subscription, 'filter' | 'kind' | 'url'>

export function newSubscription(
  id: string,
  departmentId: string,
  { filter, kind, url }: Asked,
  { position, secrets, now }: { position: number; secrets: readonly SealedSecret[]; now: Date },
): Subscription {
  return {
    id,
    departmentId,
    filter,
    kind,
    url,
    secrets,
    state: 'active',
    lastError: null,
    revision: 1,
    seenRevision: 0,
    generation: 0,
    behindFrom: position,
    replayPending: false,
    publishedSequence: 0,
    sentSequence: 0,
    createdAt: now,
    updatedAt: now,
  }
}

/** Where an event stands, as its subject says: `license.<region>.<type>.<event>`. */
export type EventPlace = { region: string; type: string; event: string }

export function placeOf(subject: string): EventPlace | undefined {
  const [stream, region, type, event, ...rest] = subject.split('.')
  if (stream !== 'license' || !region || !type || !event || rest.length > 0) return undefined
  return { region, type, event }
}

export function matches(
  { types, regions, events }: SubscriptionFilter,
  { region, type, event }: EventPlace,
): boolean {
  return (
    (types === undefined || types.includes(type)) &&
    (events === undefined || events.includes(event as LicenseEvent)) &&
    (regions === undefined || regions.some((wider) => regionCovers(wider, region)))
  )
}

/** What both secrets of a rotation sign until the older one ends. */
export function rotated(
  secrets: readonly SealedSecret[],
  sealed: string,
  validUntil: Date,
): readonly SealedSecret[] {
  const [current] = secrets
  const kept = current ? [{ ...current, validUntil: validUntil.toISOString() }] : []
  return [{ sealed, validUntil: null }, ...kept]
}

export function validSecrets(secrets: readonly SealedSecret[], now: Date): readonly SealedSecret[] {
  return secrets.filter(
    ({ validUntil }) => validUntil === null || Date.parse(validUntil) > now.getTime(),
  )
}
