import { DomainError } from '@lexchange/problems'

/** A head on a subject that is not its source's: the event is parked. */
export class AccessHeadRefusedError extends DomainError {
  readonly code = 'access-head-refused'
  readonly kind = 'forbidden'

  constructor(source: string, subject: string) {
    super(`A head of ${source} was published on ${subject}`)
  }
}
