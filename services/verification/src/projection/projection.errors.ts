import { DomainError } from '@lexchange/problems'

/** There is no projection to answer from yet, or it cannot be read. */
export class ProjectionUnavailableError extends DomainError {
  readonly code = 'projection-unavailable'
  readonly kind = 'unavailable'

  constructor(detail: string, cause?: unknown) {
    super(detail, { cause, retryAfter: 1 })
  }
}

/** A line of the registry's snapshot that is no license. */
export class SnapshotLineMalformedError extends DomainError {
  readonly code = 'snapshot-line-malformed'
  readonly kind = 'malformed'
}
