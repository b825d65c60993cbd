import { DomainError } from '@lexchange/problems'

/** The reason of a parked event: a record whose time no calendar has. */
export class AccessRecordTimeInvalidError extends DomainError {
  readonly code = 'access-record-time-invalid'
  readonly kind = 'rule-violated'

  constructor(source: string, sequence: number) {
    super(`The time of record ${sequence} of ${source} is no time`)
  }
}

/** 422: the range of time is empty. */
export class TimeRangeInvalidError extends DomainError {
  readonly code = 'time-range-invalid'
  readonly kind = 'rule-violated'

  constructor(rule: 'be later than' | 'not be before' = 'be later than') {
    super(`\`to\` must ${rule} \`from\``, {
      errors: [{ pointer: '/to', detail: `must ${rule} from` }],
    })
  }
}
