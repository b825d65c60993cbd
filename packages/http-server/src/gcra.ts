/** So many requests a second in the long run, and so many at once. */
export type RatePolicy = { readonly perSecond: number; readonly burst: number }

/** Sums of fractions are not exact: a request is not refused for a billionth of a second. */
const SLACK = 1e-6

/**
 * The generic cell rate algorithm (ITU-T I.371) on one number: `due` is when everything taken so far is
 * paid back, in ms.
 * @returns the next `due`; undefined where the request is over the limit, which costs nothing.
 */
export function takeCell(due: number, now: number, policy: RatePolicy): number | undefined {
  const interval = 1000 / policy.perSecond
  const next = Math.max(due, now) + interval
  return next - now > policy.burst * interval + SLACK ? undefined : next
}

/** How many requests could follow at once. */
export function cellsLeft(due: number, now: number, { perSecond, burst }: RatePolicy): number {
  const owed = (Math.max(0, due - now) * perSecond) / 1000
  return Math.max(0, Math.floor(burst - owed + SLACK))
}

/** Seconds until the whole burst is there again, rounded up. */
export function secondsToFull(due: number, now: number): number {
  return wholeSeconds(Math.max(0, due - now))
}

/** Seconds until one request is let through again, rounded up; at least 1. */
export function secondsToNext(due: number, now: number, policy: RatePolicy): number {
  const interval = 1000 / policy.perSecond
  return Math.max(1, wholeSeconds(Math.max(due, now) + (1 - policy.burst) * interval - now))
}

/** Rounded up, but not for a billionth of a second: (now + 1000) - now may be a little over 1000. */
function wholeSeconds(milliseconds: number): number {
  return Math.ceil((milliseconds - SLACK) / 1000)
}
