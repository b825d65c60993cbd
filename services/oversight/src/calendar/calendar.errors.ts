import { DomainError } from '@lexchange/problems'

/** 422: a day of another year. */
export class HolidayYearMismatchError extends DomainError {
  readonly code = 'holiday-year-mismatch'
  readonly kind = 'rule-violated'

  constructor(year: number, place: number) {
    super(`A holiday of ${year} has a day of another year`, {
      errors: [{ pointer: `/items/${place}/day`, detail: `must lie in ${year}` }],
    })
  }
}
