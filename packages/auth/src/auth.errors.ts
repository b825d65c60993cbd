import { DomainError } from '@lexchange/problems'

/** No access token, or one that does not hold. */
export class UnauthenticatedError extends DomainError {
  readonly code = 'unauthenticated'
  readonly kind = 'unauthenticated'

  constructor(detail: string, cause?: unknown) {
    super(detail, { cause })
  }
}

/** The token holds, but does not carry the scope that the route needs. */
export class InsufficientScopeError extends DomainError {
  readonly code = 'insufficient-scope'
  readonly kind = 'forbidden'

  constructor(scope: string) {
    super(`This needs an access token with the scope ${scope}`, { members: { scope } })
  }
}

/** The token holds, but its client, department or authority was suspended since. */
export class ClientSuspendedError extends DomainError {
  readonly code = 'client-suspended'
  readonly kind = 'forbidden'

  constructor(client: string) {
    super(`The client ${client} is suspended`)
  }
}

/** The keys that tokens are checked with have not arrived yet. */
export class TokenKeysUnavailableError extends DomainError {
  readonly code = 'token-keys-unavailable'
  readonly kind = 'unavailable'

  constructor() {
    super('The keys that access tokens are checked with are not known yet', { retryAfter: 2 })
  }
}
