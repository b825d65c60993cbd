/** When the end of LICENSES was last seen (ms), and whether NATS is there; told by the projector. */
export type Freshness = { caughtUpAt: number; connected: boolean }

let lastTime = Number.NaN
let lastText = ''

/** Many answers of one millisecond share its text. */
export function isoTime(time: number): string {
  if (time !== lastTime) {
    lastText = new Date(time).toISOString()
    lastTime = time
  }
  return lastText
}

export type Staleness = { stale: false } | { stale: true; ageSeconds: number }

const FRESH: Staleness = Object.freeze({ stale: false })

export function stalenessOf(
  { caughtUpAt }: Freshness,
  now: number,
  staleAfterMs: number,
): Staleness {
  const age = now - caughtUpAt
  return age > staleAfterMs ? { stale: true, ageSeconds: Math.floor(age / 1000) } : FRESH
}
