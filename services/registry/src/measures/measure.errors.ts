import { DomainError } from '@lexchange/problems'

/** A measure that cannot be carried out as it was ordered: the event is parked. */
export class MeasureRefusedError extends DomainError {
  readonly code = 'measure-refused'
  readonly kind = 'rule-violated'

  constructor(id: string, why: string) {
    super(`The measure ${id} ${why}`)
  }
}
