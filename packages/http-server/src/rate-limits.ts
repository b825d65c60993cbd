import type { Client } from '@lexchange/auth'
import { DomainError } from '@lexchange/problems'
import type { FastifyReply } from 'fastify'

import { cellsLeft, type RatePolicy, secondsToFull, secondsToNext, takeCell } from './gcra.ts'

export type RateLimitOptions = {
  /** Of one department, authority or other client at one process. */
  clients: RatePolicy
  /** Of one address, where no client is known: tokens never seen before, and public routes. */
  strangers: RatePolicy
}

/** 429: more requests than the limit lets through; quota and throttle of a department are others. */
export class RateLimitedError extends DomainError {
  readonly code = 'rate-limited'
  readonly kind = 'too-many'

  constructor(retryAfter: number) {
    super('More requests arrived than the rate limit lets through', { retryAfter })
  }
}

/** What one party has taken, and the header that was made of it last. */
type Meter = { due: number; header: string; madeAt: number }
type Headers = Pick<FastifyReply, 'header'>

/** The header is made anew after so many ms, or where little is left. */
const HEADER_TICK = 20
/** Addresses that are remembered; the one seen first makes room. */
const ADDRESSES = 20_000

/** Limits of this process; several processes and replicas count each for itself. */
export function createRateLimits(options: RateLimitOptions, now = () => performance.now()) {
  const ofClients = createMeters()
  const ofStrangers = createMeters(ADDRESSES)
  const policyHeader = headerOfPolicy(options.clients)

  return {
    /** @throws RateLimitedError */
    takeOfClient(client: Client, reply: Headers): void {
      const moment = now()
      const meter = ofClients.meterOf(client.departmentId ?? client.authorityId ?? client.clientId)
      const next = takeCell(meter.due, moment, options.clients)
      if (next !== undefined) meter.due = next
      if (next === undefined || moment - meter.madeAt > HEADER_TICK || meter.due - moment > 500)
        makeHeader(meter, moment, options.clients)
      reply.header('ratelimit-policy', policyHeader)
      reply.header('ratelimit', meter.header)
      if (next === undefined)
        throw new RateLimitedError(secondsToNext(meter.due, moment, options.clients))
    },
    /** @throws RateLimitedError */
    takeOfStranger(address: string): void {
      const moment = now()
      const meter = ofStrangers.meterOf(address)
      const next = takeCell(meter.due, moment, options.strangers)
      if (next === undefined)
        throw new RateLimitedError(secondsToNext(meter.due, moment, options.strangers))
      meter.due = next
    },
  }
}

export type RateLimits = ReturnType<typeof createRateLimits>

function createMeters(most = Number.POSITIVE_INFINITY) {
  const meters = new Map<string, Meter>()
  return {
    meterOf(party: string): Meter {
      const present = meters.get(party)
      if (present) return present
      if (meters.size >= most) meters.delete(meters.keys().next().value ?? '')
      const meter = { due: 0, header: '', madeAt: Number.NEGATIVE_INFINITY }
      meters.set(party, meter)
      return meter
    },
  }
}

/** draft-ietf-httpapi-ratelimit-headers-10, 3 and 4. */
function headerOfPolicy({ burst, perSecond }: RatePolicy): string {
  return `"default";q=${burst};w=${Math.max(1, Math.ceil(burst / perSecond))}`
}

function makeHeader(meter: Meter, moment: number, policy: RatePolicy): void {
  meter.madeAt = moment
  meter.header = `"default";r=${cellsLeft(meter.due, moment, policy)};t=${secondsToFull(meter.due, moment)}`
}
