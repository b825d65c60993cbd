import { DomainError } from '@lexchange/problems'

/** A private key cannot be used at the moment: its provider is away, or does not have it. */
export class SigningUnavailableError extends DomainError {
  readonly code = 'signing-unavailable'
  readonly kind = 'unavailable'

  constructor(detail: string, cause?: unknown) {
    super(detail, { retryAfter: 5, ...(cause !== undefined && { cause }) })
  }
}
