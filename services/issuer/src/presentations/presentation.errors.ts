import { DomainError } from '@lexchange/problems'

/** 404: nobody gave out such a reference. */
export class PresentationNotFoundError extends DomainError {
  readonly code = 'presentation-not-found'
  readonly kind = 'not-found'

  constructor() {
    super('There is no presentation by this reference')
  }
}

/** 410: a reference is good once, and for a short time. */
export class PresentationGoneError extends DomainError {
  readonly code = 'presentation-gone'
  readonly kind = 'gone'

  constructor() {
    super(
      'This presentation was exchanged already, or its time is over: ask the holder for another',
    )
  }
}

/** 422: the license has no such claim that could be disclosed. */
export class DisclosureUnknownError extends DomainError {
  readonly code = 'disclosure-unknown'
  readonly kind = 'rule-violated'

  constructor(name: string, index: number) {
    super(`The credential has no claim ${name} that could be disclosed`, {
      members: { field: name },
      errors: [{ pointer: `/disclose/${index}`, detail: 'must be a hidden claim of the license' }],
    })
  }
}
