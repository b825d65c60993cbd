import { DomainError } from '@lexchange/problems'

/** A key, or what was encrypted with it, cannot be used; says which, never what is in it. */
export class EncryptionUnavailableError extends DomainError {
  readonly code = 'encryption-unavailable'
  readonly kind = 'unavailable'

  constructor(message: string, cause?: unknown) {
    super(message, { retryAfter: 5, cause })
  }
}
