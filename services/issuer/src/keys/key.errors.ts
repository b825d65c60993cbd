import { DomainError } from '@lexchange/problems'

/** 404: this authority has no such key. */
export class SigningKeyNotFoundError extends DomainError {
  readonly code = 'signing-key-not-found'
  readonly kind = 'not-found'

  constructor(kid: string) {
    super(`There is no signing key ${kid}`)
  }
}

/** 404: nobody issues credentials under this name here. */
export class CredentialIssuerNotFoundError extends DomainError {
  readonly code = 'credential-issuer-not-found'
  readonly kind = 'not-found'

  constructor(authorityId: string) {
    super(`No authority ${authorityId} signs credentials here`)
  }
}

/** 409: a new key is published already and will sign soon. */
export class SigningKeyPendingError extends DomainError {
  readonly code = 'signing-key-pending'
  readonly kind = 'conflict'

  constructor(signsFrom: Date) {
    super(`A new key is published and signs from ${signsFrom.toISOString()} on`)
  }
}

/** 422: a time that is no time of this key. */
export class CompromiseTimeInvalidError extends DomainError {
  readonly code = 'compromise-time-invalid'
  readonly kind = 'rule-violated'

  constructor() {
    super('The time of the compromise lies in the future', {
      errors: [{ pointer: '/since', detail: 'must not lie in the future' }],
    })
  }
}
