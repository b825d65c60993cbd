import { DomainError } from '@lexchange/problems'

/** 409: the key of the last rotation does not sign yet. */
export class KeyRotationPendingError extends DomainError {
  readonly code = 'key-rotation-pending'
  readonly kind = 'conflict'

  constructor(activeFrom: Date) {
    super(`A new key is published already and signs from ${activeFrom.toISOString()}`, {
      members: { activeFrom: activeFrom.toISOString() },
    })
  }
}

/** 503: no key to sign with, e.g. while the database has never been reached. */
export class SigningKeysUnavailableError extends DomainError {
  readonly code = 'signing-keys-unavailable'
  readonly kind = 'unavailable'

  constructor() {
    super('The keys that access tokens are signed with are not loaded yet', { retryAfter: 2 })
  }
}
