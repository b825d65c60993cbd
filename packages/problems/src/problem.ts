import { DomainError, type InputError, type ProblemKind } from './domain-error.ts'

/** Problem details, RFC 9457. */
export type Problem = {
  type: string
  title: string
  status: number
  detail?: string
  instance?: string
  errors?: readonly InputError[]
  [member: string]: unknown
}

const STATUS: Record<ProblemKind, number> = {
  malformed: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  gone: 410,
  'version-mismatch': 412,
  'too-large': 413,
  unsupported: 415,
  'rule-violated': 422,
  'too-many': 429,
  'not-implemented': 501,
  unavailable: 503,
}

/** Seconds a client is told to wait when an error of a kind that passes by itself names no time. */
const RETRY_AFTER = 1

/** `urn:lexchange:problem:<code>`; each has a page at `/problems/<code>`. */
export function problemType(code: string): string {
  return `urn:lexchange:problem:${code}`
}

/** The title belongs to the type, so it is made from the code: `status-conflict` is "Status conflict". */
export function problemTitle(code: string): string {
  const words = code.replaceAll('-', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Seconds for the Retry-After header, or undefined where a retry alone cannot help. */
export function retryAfterOf(error: DomainError): number | undefined {
  return error.retryAfter ?? retryAfterOfStatus(STATUS[error.kind])
}

/** The same of a status, where the error names no time. */
export function retryAfterOfStatus(status: number): number | undefined {
  return status === STATUS.unavailable || status === STATUS['too-many'] ? RETRY_AFTER : undefined
}

/**
 * Turns a domain error into its problem document; anything else into an opaque 500, because the
 * message of an unexpected error may carry secrets.
 */
export function toProblem(error: unknown, instance: string): Problem {
  if (!(error instanceof DomainError)) {
    const code = 'internal-error'
    return {
      type: problemType(code),
      title: problemTitle(code),
      status: 500,
      detail: 'The service failed in a way it did not expect. The failure is in its log.',
      instance,
    }
  }
  return {
    ...error.members,
    type: problemType(error.code),
    title: problemTitle(error.code),
    status: STATUS[error.kind],
    detail: error.message,
    instance,
    ...(error.errors && { errors: error.errors }),
  }
}
