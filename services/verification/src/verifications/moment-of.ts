import { requestedTime } from '@lexchange/http-server'

import { AtInFutureError } from './verification.errors.ts'

/** @throws a problem `request-invalid` for what is no time, `at-in-future` */
export function momentOf(asked: string | undefined, now: number): number {
  if (asked === undefined) return now
  const at = requestedTime('/at', asked).getTime()
  if (at > now) throw new AtInFutureError()
  return at
}
