import { DomainError } from '@lexchange/problems'

/** 403: only authorities issue, and this client acts for none that the directory knows. */
export class NotAnAuthorityError extends DomainError {
  readonly code = 'not-an-authority'
  readonly kind = 'forbidden'

  constructor(clientId: string) {
    super(`The client ${clientId} does not act for an authority of the directory`)
  }
}
