import { DomainError } from '@lexchange/problems'

/** The event contradicts itself, its subject, or what is known of the license. */
export class EventInconsistentError extends DomainError {
  readonly code = 'event-inconsistent'
  readonly kind = 'rule-violated'
}

/** The event comes from an authority that may not issue such a license. */
export class AuthorityNotEntitledError extends DomainError {
  readonly code = 'authority-not-entitled'
  readonly kind = 'rule-violated'

  constructor(authority: string, why: string) {
    super(`Authority ${authority} ${why}`)
  }
}

/** 404: nobody issued a license with this id. */
export class LicenseNotFoundError extends DomainError {
  readonly code = 'license-not-found'
  readonly kind = 'not-found'

  constructor(id: string) {
    super(`There is no license ${id}`)
  }
}
