import { ProblemError, TokenError, UnreachableError } from '../problem.errors.ts'
import { SubscriptionError } from '../subscription.errors.ts'

/** README.md explains them. */
export const EXIT = {
  ok: 0,
  notValid: 1,
  usage: 2,
  refused: 3,
  unavailable: 4,
  failed: 5,
  interrupted: 130,
} as const

/** It was called wrongly. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = 'usage'
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage
  if (error instanceof UnreachableError) return EXIT.unavailable
  if (error instanceof SubscriptionError) return EXIT.refused
  if (error instanceof ProblemError || error instanceof TokenError)
    return error.status >= 500 || error.status === 429 ? EXIT.unavailable : EXIT.refused
  return EXIT.failed
}

export type Failure = { error: string; detail: string; status?: number; retryAfter?: number }

/** What is said about a failure. */
export function describeFailure(error: unknown): Failure {
  const { code, name, message, status, retryAfter, errors } = error as Error & Partial<ProblemError>
  const faults = errors?.map(({ pointer, detail }) => `${pointer} ${detail}`) ?? []
  return {
    error: String(code ?? name),
    detail: [message, ...faults].join('; '),
    ...(status !== undefined && { status }),
    ...(retryAfter !== undefined && { retryAfter }),
  }
}
