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

/** A proof of possession (RFC 9449) is missing, was used before, or does not belong to this request. */
export class DpopProofInvalidError extends DomainError {
  readonly code = 'dpop-proof-invalid'
  readonly kind = 'unauthenticated'

  constructor(detail: string, cause?: unknown) {
    super(detail, { cause })
  }
}

/** The token is bound to a key or certificate, or has to be, and who sent it does not show that it has it. */
export class TokenBindingRequiredError extends DomainError {
  readonly code = 'token-binding-required'
  readonly kind = 'unauthenticated'
}

/** More proofs arrived than can be remembered; none is taken that could be a repetition. */
export class ProofsExhaustedError extends DomainError {
  readonly code = 'proofs-exhausted'
  readonly kind = 'unavailable'

  constructor() {
    super('More DPoP proofs arrive than this process can remember', { retryAfter: 5 })
  }
}
