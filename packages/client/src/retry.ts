import { ProblemError, TokenError, UnreachableError } from './problem.errors.ts'

export type RetryPolicy = {
  /** How often at most it is tried again. */
  readonly retries: number
  /** The first pause in ms; each further one is twice as long. */
  readonly baseMs: number
  /** No pause is longer; a Retry-After that is ends the trying. */
  readonly mostMs: number
}

export const RETRY: RetryPolicy = { retries: 4, baseMs: 200, mostMs: 30_000 }

/** Statuses that pass by themselves. */
const PASSING = new Set([429, 502, 503, 504])

/**
 * Milliseconds to wait before the next attempt, or undefined if there is to be none.
 * @param attempt 1 for the first, which has failed.
 * @param random in [0, 1): clients that failed together come back apart.
 */
export function pauseBeforeRetry(
  error: unknown,
  attempt: number,
  { retries, baseMs, mostMs }: RetryPolicy,
  random: number,
): number | undefined {
  if (attempt > retries || !canPass(error, attempt)) return undefined
  const backoff = Math.min(mostMs, baseMs * 2 ** (attempt - 1)) * (0.5 + random / 2)
  const { retryAfter } = error as { retryAfter?: number }
  if (retryAfter === undefined) return backoff
  const told = retryAfter * 1_000
  return told > mostMs ? undefined : told + random * baseMs
}

function canPass(error: unknown, attempt: number): boolean {
  if (error instanceof UnreachableError) return true
  if (!(error instanceof ProblemError || error instanceof TokenError)) return false
  if (error.code === 'request-in-progress') return true
  if (error.status === 500) return attempt === 1
  return PASSING.has(error.status)
}

/** Seconds of a Retry-After header, which is a number or a date (RFC 9110, 10.2.3). */
export function readRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null || value.trim() === '') return undefined
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return Math.max(0, seconds)
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1_000)
}
