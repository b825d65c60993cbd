import { DomainError } from '@lexchange/problems'

/** PostgreSQL cannot be reached, is starting or stopping, or has no connection left. */
export class DatabaseUnavailableError extends DomainError {
  readonly code = 'database-unavailable'
  readonly kind = 'unavailable'

  constructor(cause: unknown) {
    super('The database cannot be reached at the moment. Nothing was changed.', {
      cause,
      retryAfter: 2,
    })
  }
}

const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
])
/** Classes 08 connection, 53 resources, 57 operator intervention; 25006 read-only (a replica). */
const SQLSTATE = /^(08|53|57P|25006|40001|40P01|55P03|57014)/
const POOL =
  /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|not queryable|Cannot use a pool after/

/** True where a later try can succeed: the database is away or busy, and nothing was committed. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = (error as { code?: unknown }).code
  if (typeof code === 'string' && (NETWORK.has(code) || SQLSTATE.test(code))) return true
  if (error instanceof AggregateError) return error.errors.some(isDatabaseUnavailable)
  return POOL.test(error.message)
}
