import { DomainError } from '@lexchange/problems'

/** What an issuer has sealed is not what it should be; says what does not fit, never a value. */
export class SealedClaimsInvalidError extends DomainError {
  readonly code = 'sealed-claims-invalid'
  readonly kind = 'rule-violated'

  constructor(what: string, cause?: unknown) {
    super(`The sealed claims ${what}`, { cause })
  }
}
