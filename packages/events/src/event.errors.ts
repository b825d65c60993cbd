import { DomainError, type InputError } from '@lexchange/problems'

/** A message that is no CloudEvent of a known contract. */
export class EventMalformedError extends DomainError {
  readonly code = 'event-malformed'
  readonly kind = 'malformed'

  constructor(detail: string, errors?: readonly InputError[]) {
    super(detail, errors && { errors })
  }
}

/** An event, or a version of one, that this consumer does not know. */
export class EventUnknownError extends DomainError {
  readonly code = 'event-unknown'
  readonly kind = 'unsupported'

  constructor(type: string) {
    super(`No handler is known for events of type ${type}`)
  }
}
