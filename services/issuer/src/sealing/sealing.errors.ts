import { DomainError } from '@lexchange/problems'

/** 503: the registry has not yet announced the key that claims are encrypted for. */
export class SealingKeyUnavailableError extends DomainError {
  readonly code = 'sealing-key-unavailable'
  readonly kind = 'unavailable'

  constructor(cause?: unknown) {
    super('The key of the registry that claims are encrypted for is not known yet', {
      retryAfter: 5,
      cause,
    })
  }
}

/** 410: personal and secret claims of the license were erased, and none can be added any more. */
export class ClaimsErasedError extends DomainError {
  readonly code = 'claims-erased'
  readonly kind = 'gone'

  constructor(licenseId: string) {
    super(`The personal and secret claims of the license ${licenseId} were erased`)
  }
}
