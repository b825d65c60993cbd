import type { ProblemCode } from './generated/problem-codes.ts'

export type InputError = { readonly pointer: string; readonly detail: string }

/** A problem document (RFC 9457) as the exchange answers it. */
export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail?: string
  readonly instance?: string
  readonly errors?: readonly InputError[]
  readonly [member: string]: unknown
}

/** Codes known to this version of the client; others may come. */
export type KnownProblemCode = ProblemCode

const PREFIX = 'urn:lexchange:problem:'

/** The exchange refused. Decide by `code` (or `type`), never by the text. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly type: string
  /** `type` without its prefix; `http-<status>` where something else than the exchange answered. */
  readonly code: KnownProblemCode | (string & {})
  readonly status: number
  readonly title: string
  readonly detail: string | undefined
  readonly instance: string | undefined
  readonly errors: readonly InputError[]
  /** Seconds after which asking again can help. */
  readonly retryAfter: number | undefined
  /** The whole document, e.g. with `currentStatus`. */
  readonly problem: Problem

  constructor(problem: Problem, retryAfter?: number) {
    super(problem.detail ?? problem.title)
    this.problem = problem
    this.type = problem.type
    this.code = problem.type.startsWith(PREFIX)
      ? problem.type.slice(PREFIX.length)
      : `http-${problem.status}`
    this.status = problem.status
    this.title = problem.title
    this.detail = problem.detail
    this.instance = problem.instance
    this.errors = problem.errors ?? []
    this.retryAfter = retryAfter
  }
}

/** The authorization server gave no token (RFC 6749, 5.2). */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  /** e.g. `invalid_client`, `invalid_scope`. */
  readonly code: string
  readonly status: number
  readonly retryAfter: number | undefined

  constructor(code: string, message: string, status: number, retryAfter?: number) {
    super(message)
    this.code = code
    this.status = status
    this.retryAfter = retryAfter
  }
}

/** No answer: the address cannot be reached, or did not answer in time. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
  readonly code = 'unreachable'
}

/** What came is not what the exchange sends. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError'
  readonly code = 'answer-malformed'
}
