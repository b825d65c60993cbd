import type { Claim, Refusal } from './limits.ts'
import { createSlidingMinute, type SlidingMinute } from './sliding-minute.ts'

/** Counts checks against quotas and throttles, exactly for all processes of a replica. */
export type Limits = {
  /** Takes as many as there may be, in their order; what is refused counts nowhere. */
  take(claims: readonly Claim[]): (Refusal | null)[]
}

const DAY = 86_400_000

/** In the primary, because each worker sees only a part. A restart begins to count anew. */
export function createLimits(clock: () => number = Date.now): Limits {
  const counts = { minutes: new Map<string, SlidingMinute>(), day: 0, ofDay: new Map() }
  return {
    take(claims) {
      const now = clock()
      const today = Math.floor(now / DAY)
      if (today !== counts.day) counts.ofDay = new Map()
      counts.day = today
      return claims.map((claim) => take(counts, claim, now))
    },
  }
}

type Counts = {
  minutes: Map<string, SlidingMinute>
  day: number
  /** Of this day in UTC. */
  ofDay: Map<string, number>
}

/** One limit that holds for a check: in seconds how long it refuses, and how a check is counted. */
type Limit = { name: Refusal['limit']; wait: number; count: () => void }

function take(counts: Counts, claim: Claim, now: number): Refusal | null {
  const limits = limitsOf(counts, claim, now)
  const refusing = limits.find(({ wait }) => wait > 0)
  if (refusing) return { limit: refusing.name, retryAfter: refusing.wait }
  for (const { count } of limits) count()
  return null
}

function limitsOf(counts: Counts, claim: Claim, now: number): Limit[] {
  const { department, throttle, agreement = '', quota = {}, holder } = claim
  const { perMinute, perDay, perHolderAndDay } = quota
  const ofMinute = (name: Limit['name'], key: string, most: number | undefined) =>
    most === undefined ? [] : [minuteLimit(counts, { name, key, most, now })]
  const ofDay = (name: Limit['name'], key: string, most: number | undefined) =>
    most === undefined ? [] : [dayLimit(counts, { name, key, most, now })]
  return [
    ...ofMinute('throttle', `department ${department}`, throttle),
    ...ofMinute('perMinute', agreement, perMinute),
    ...ofDay('perDay', agreement, perDay),
    ...(holder === undefined
      ? []
      : ofDay('perHolderAndDay', `${agreement} ${holder}`, perHolderAndDay)),
  ]
}

type Named = { name: Limit['name']; key: string; most: number; now: number }

function minuteLimit({ minutes }: Counts, { name, key, most, now }: Named): Limit {
  const minute = minutes.get(key) ?? createSlidingMinute()
  minutes.set(key, minute)
  return { name, wait: minute.wait(most, now), count: () => minute.count(now) }
}

function dayLimit({ ofDay, day }: Counts, { name, key, most, now }: Named): Limit {
  const counted = ofDay.get(key) ?? 0
  const wait = counted < most ? 0 : Math.ceil(((day + 1) * DAY - now) / 1000)
  return { name, wait, count: () => ofDay.set(key, counted + 1) }
}
