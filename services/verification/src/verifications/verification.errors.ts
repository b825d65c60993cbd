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

/** A field that this client may neither match nor see. */
export class FieldNotGrantedError extends DomainError {
  readonly code = 'field-not-granted'
  readonly kind = 'forbidden'

  constructor(field: string) {
    super(`The field ${field} is not granted`, { members: { field } })
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
