import { DomainError } from '@lexchange/problems'

/** 404: the catalogue has no such license type. */
export class CredentialTypeNotFoundError extends DomainError {
  readonly code = 'credential-type-not-found'
  readonly kind = 'not-found'

  constructor(code: string) {
    super(`There are no credentials of type ${code}`)
  }
}
