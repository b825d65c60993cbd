import { RequestInvalidError } from '@lexchange/http-server'

import { AtInFutureError } from './verification.errors.ts'

/** @throws a problem `request-invalid` for what is no time, `at-in-future` */
export function momentOf(asked: string | undefined, now: number): number {
  if (asked === undefined) return now
  const at = Date.parse(asked)
  // RFC 3339 has leap seconds, which a clock of milliseconds since 1970 has not.
  if (Number.isNaN(at))
    throw new RequestInvalidError([{ pointer: '/at', detail: 'must be a time of RFC 3339' }])
  if (at > now) throw new AtInFutureError()
  return at
}
