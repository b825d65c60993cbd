import { DomainError } from '@lexchange/problems'

/** 403: the token has the scope, but its client is no service of the exchange. */
export class ServiceClientRequiredError extends DomainError {
  readonly code = 'service-client-required'
  readonly kind = 'forbidden'

  constructor() {
    super('Only services of the exchange may read sealed claims')
  }
}
