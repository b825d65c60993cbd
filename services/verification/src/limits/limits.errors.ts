import { DomainError } from '@lexchange/problems'

import type { QuotaName } from './limits.ts'

/** The agreement grants no more of these now. */
export class QuotaExceededError extends DomainError {
  readonly code = 'quota-exceeded'
  readonly kind = 'too-many'

  constructor(agreement: string, quota: QuotaName, retryAfter: number) {
    super(`The agreement ${agreement} grants no more checks now: ${quota} is used up`, {
      members: { agreement, quota },
      retryAfter,
    })
  }
}

/** Oversight has slowed this department down. */
export class ThrottledError extends DomainError {
  readonly code = 'throttled'
  readonly kind = 'too-many'

  constructor(department: string, perMinute: number, retryAfter: number) {
    super(`A measure lets ${department} check ${perMinute} times a minute and no more`, {
      members: { perMinute },
      retryAfter,
    })
  }
}
