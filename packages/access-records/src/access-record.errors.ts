import { DomainError } from '@lexchange/problems'

/** 503: nobody is answered whose access cannot be recorded. */
export class AccessRecordNotDurableError extends DomainError {
  readonly code = 'access-record-not-durable'
  readonly kind = 'unavailable'

  constructor(cause?: unknown) {
    super('The access cannot be recorded at the moment, so nothing is answered', {
      cause,
      retryAfter: 2,
    })
  }
}
