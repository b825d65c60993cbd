/** Says what went wrong in general; `statusOf` maps it to the HTTP status. */
export type ProblemKind =
  | 'malformed'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'gone'
  | 'version-mismatch'
  | 'too-large'
  | 'unsupported'
  | 'rule-violated'
  | 'too-many'
  | 'not-implemented'
  | 'unavailable'

/** One fault in the input: `pointer` is an RFC 6901 JSON pointer into the body, or names the parameter. */
export type InputError = { readonly pointer: string; readonly detail: string }

export type DomainErrorOptions = {
  cause?: unknown
  errors?: readonly InputError[]
  /** Extension members of the problem document (RFC 9457, 3.2), e.g. the current status. */
  members?: Readonly<Record<string, unknown>>
  /** Seconds until a retry can help. */
  retryAfter?: number
}

/** A failure the caller can act on. Anything else that is thrown is a bug and becomes an opaque 500. */
export abstract class DomainError extends Error {
  /** Stable slug: the problem type is `urn:lexchange:problem:<code>`, its page docs/problems/<code>.md. */
  abstract readonly code: string
  abstract readonly kind: ProblemKind
  readonly errors: readonly InputError[] | undefined
  readonly members: Readonly<Record<string, unknown>> | undefined
  readonly retryAfter: number | undefined

  constructor(message: string, options: DomainErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.errors = options.errors
    this.members = options.members
    this.retryAfter = options.retryAfter
  }
}
