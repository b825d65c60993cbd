/** When an endpoint that failed is asked again, and when it is given up. */
export type RetryPolicy = {
  /** How long to wait after so many failed attempts, in ms. */
  waitAfter(attempts: number): number
  /** How long after the first attempt of an event it is given up, in ms. */
  giveUpAfter: number
  /** How long an endpoint may take to answer, in ms. */
  timeout: number
}

const FIRST = 5_000
const LONGEST = 4 * 3_600_000

/** 5 s, 10 s, 20 s and so on to 4 h, each by half to whole, so that endpoints of one host do not return as one. */
export const RETRY_POLICY: RetryPolicy = {
  waitAfter: (attempts) => backoff(attempts, Math.random()),
  giveUpAfter: 3 * 86_400_000,
  timeout: 10_000,
}

export function backoff(attempts: number, random: number): number {
  const whole = Math.min(FIRST * 2 ** Math.min(attempts - 1, 30), LONGEST)
  return Math.round(whole * (0.5 + random / 2))
}
