import type { Quota } from '@lexchange/contracts'

export type QuotaName = keyof Quota

/** One check that is about to be answered, and what limits it. */
export type Claim = {
  department: string
  /** Checks a minute that a measure leaves to the department. */
  throttle?: number
  agreement?: string
  quota?: Quota
  /** Of the license, for the quota per holder. */
  holder?: string
}

/** Why a check is not to be answered now, and in how many seconds it may be again. */
export type Refusal = { limit: 'throttle' | QuotaName; retryAfter: number }

/** True where there is anything to count: most checks are limited by nothing. */
export function isLimited(throttle: Claim['throttle'], quota: Claim['quota']): boolean {
  return throttle !== undefined || (quota !== undefined && Object.keys(quota).length > 0)
}
