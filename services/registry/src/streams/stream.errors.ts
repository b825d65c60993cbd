import { DomainError } from '@lexchange/problems'

/** 503: the position of the LICENSES stream cannot be read, so no snapshot can be named by one. */
export class StreamUnavailableError extends DomainError {
  readonly code = 'stream-unavailable'
  readonly kind = 'unavailable'

  constructor(cause?: unknown) {
    super('The LICENSES stream cannot be reached at the moment', { cause, retryAfter: 2 })
  }
}
