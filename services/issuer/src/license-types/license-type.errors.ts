import { DomainError } from '@lexchange/problems'

/** 404: the catalogue has no entry of this code. */
export class LicenseTypeNotFoundError extends DomainError {
  readonly code = 'license-type-not-found'
  readonly kind = 'not-found'

  constructor(code: string) {
    super(`The catalogue has no license type ${code}`)
  }
}
