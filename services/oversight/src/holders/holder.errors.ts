import { DomainError } from '@lexchange/problems'

/** 403: a holder reads only what was asked about itself. */
export class NotTheHolderError extends DomainError {
  readonly code = 'not-the-holder'
  readonly kind = 'forbidden'

  constructor(client: string, holder: string) {
    super(`The client ${client} does not act for the holder ${holder}`)
  }
}

/** 404: no secrecy hold has this id. */
export class SecrecyHoldNotFoundError extends DomainError {
  readonly code = 'secrecy-hold-not-found'
  readonly kind = 'not-found'

  constructor(id: string) {
    super(`There is no secrecy hold ${id}`)
  }
}

/** 422: what the hold is to cover, or how long, makes no sense. */
export class SecrecyHoldInvalidError extends DomainError {
  readonly code = 'secrecy-hold-invalid'
  readonly kind = 'rule-violated'

  constructor(pointer: string, detail: string) {
    super(`The secrecy hold is not valid: ${detail}`, { errors: [{ pointer, detail }] })
  }
}
