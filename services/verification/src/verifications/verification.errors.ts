import { DomainError } from '@lexchange/problems'

/** The moment asked for has not come yet. */
export class AtInFutureError extends DomainError {
  readonly code = 'at-in-future'
  readonly kind = 'rule-violated'

  constructor() {
    super('The time asked for lies in the future', {
      errors: [{ pointer: '/at', detail: 'must not lie in the future' }],
    })
  }
}

/** The projection did not get as far as `minPosition` in time. */
export class PositionNotReachedError extends DomainError {
  readonly code = 'position-not-reached'
  readonly kind = 'unavailable'

  constructor(minPosition: number, position: number) {
    super(`The projection is at position ${position}, and ${minPosition} was asked for`, {
      members: { minPosition, position },
      retryAfter: 1,
    })
  }
}

/** A field that licenses of this type do not have. */
export class FieldUnknownError extends DomainError {
  readonly code = 'field-unknown'
  readonly kind = 'rule-violated'

  constructor(field: string, type: string, pointer: string) {
    super(`Licenses of type ${type} have no field ${field}`, {
      members: { field },
      errors: [{ pointer, detail: 'must be a claim of the license type' }],
    })
  }
}

/** Personal or secret claims of this version have not come by SEALED yet. */
export class ClaimsNotArrivedError extends DomainError {
  readonly code = 'claims-not-arrived'
  readonly kind = 'unavailable'

  constructor() {
    super('The personal and secret claims of this license have not arrived yet', { retryAfter: 1 })
  }
}

/** The data key of this license was erased, and with it every personal and secret claim. */
export class ClaimsErasedError extends DomainError {
  readonly code = 'claims-erased'
  readonly kind = 'gone'

  constructor() {
    super('The personal and secret claims of this license were erased')
  }
}
