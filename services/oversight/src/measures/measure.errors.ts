import { DomainError } from '@lexchange/problems'

/** 422: the measure lacks what its kind needs, or has what it does not take. */
export class MeasureInvalidError extends DomainError {
  readonly code = 'measure-invalid'
  readonly kind = 'rule-violated'

  constructor(pointer: string, detail: string) {
    super(`The measure is not valid: ${detail}`, { errors: [{ pointer, detail }] })
  }
}
