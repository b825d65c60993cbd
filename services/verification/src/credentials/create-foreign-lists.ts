import {
  findTrustedKey,
  requireCurrent,
  type StatusListOutcome,
  type VerifiedCredential,
  verifyStatusListToken,
} from '@lexchange/credentials'
import type { Logger } from 'pino'

import type { Trust } from '../directory/index.ts'
import { fetchOutside } from './fetch-outside.ts'

type Referring = Pick<VerifiedCredential, 'issuer' | 'status'>
type Kept = { outcome: StatusListOutcome; trust: Trust; until: number }

/** How long a list without a ttl is used, and how long one that could not be had is not asked for, in ms. */
const USED_FOR = 60_000
const NOT_AGAIN_FOR = 5_000
/** A list of 2^20 entries has 256 KiB. */
const KEPT_LISTS = 64
const MAX_BYTES = 3 * 2 ** 20
const PATIENCE = 2_000

/**
 * Status lists of issuers of other exchanges, fetched when a credential names one and kept for their `ttl`.
 * Only from the origin that the directory has for the issuer: a credential cannot send us anywhere else.
 */
export function createForeignLists(log: Logger, now: () => number, privateHosts: boolean) {
  // By issuer too: a credential that names the list of another must not spoil that other's list.
  const kept = new Map<string, Kept>()
  const asking = new Map<string, { trust: Trust; running: Promise<void> }>()

  async function fetchList(uri: string, issuer: string, trust: Trust): Promise<void> {
    const outcome = await load({ uri, issuer, trust, at: now(), privateHosts })
    if (!outcome.ok) log.warn({ uri, code: outcome.code }, 'foreign status list not usable')
    const place = placeOf(issuer, uri)
    kept.delete(place)
    kept.set(place, { outcome, trust, until: endOf(outcome, now()) })
    if (kept.size > KEPT_LISTS) kept.delete(kept.keys().next().value ?? '')
  }

  return {
    /** Resolves when the list that a credential names is there, or cannot be had. */
    async prepare({ status, issuer }: Referring, trust: Trust): Promise<void> {
      if (!status) return
      const { uri } = status
      const place = placeOf(issuer, uri)
      const present = kept.get(place)
      // The key that signed it may be trusted no longer.
      if (present?.trust === trust && present.until > now()) return
      const known = asking.get(place)
      if (known?.trust === trust) return known.running
      const running = fetchList(uri, issuer, trust).finally(() => {
        if (asking.get(place)?.running === running) asking.delete(place)
      })
      asking.set(place, { trust, running })
      await running
    },
    /**
     * What is known by now of the time asked for; undefined where the list was never asked for. A list
     * that was made later than that time says nothing about it.
     */
    listOf({ status, issuer }: Referring, trust: Trust, at: number): StatusListOutcome | undefined {
      const present = status && kept.get(placeOf(issuer, status.uri))
      if (present?.trust !== trust) return undefined
      const { outcome } = present
      return outcome.ok ? requireCurrent(outcome.value, new Date(at)) : outcome
    },
  }
}

const placeOf = (issuer: string, uri: string) => `${issuer} ${uri}`

/** Until when a list is used, or one that could not be had is not asked for again. */
function endOf(outcome: StatusListOutcome, now: number): number {
  if (!outcome.ok) return now + NOT_AGAIN_FOR
  const { ttl = USED_FOR / 1000, expires = Number.POSITIVE_INFINITY } = outcome.value
  return Math.min(now + ttl * 1000, expires * 1000)
}

export type ForeignLists = ReturnType<typeof createForeignLists>

type Wanted = { uri: string; issuer: string; trust: Trust; at: number; privateHosts: boolean }

async function load({ uri, issuer, trust, at, privateHosts }: Wanted): Promise<StatusListOutcome> {
  if (!URL.canParse(uri) || new URL(uri).origin !== new URL(issuer).origin)
    return untrusted('The list lies elsewhere than its issuer')
  try {
    const accept = 'application/statuslist+jwt'
    const bounds = { maxBytes: MAX_BYTES, patience: PATIENCE, accept }
    const token = await fetchOutside(uri, { ...bounds, privateHosts })
    const findKey = (iss: string, kid: string) => findTrustedKey(trust.list, iss, kid)
    return verifyStatusListToken(token, { uri, issuer, findKey, at: new Date(at) })
  } catch {
    return untrusted('The issuer could not be reached')
  }
}

function untrusted(detail: string): StatusListOutcome {
  return { ok: false, code: 'status-list-unavailable', detail }
}
