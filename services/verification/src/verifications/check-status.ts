import { RequestInvalidError } from '@lexchange/http-server'

import { isoTime, stalenessOf } from './freshness.ts'
import { AtInFutureError } from './verification.errors.ts'
import type { StatusAnswer } from './verification.schemas.ts'
import { standingAt } from './verification.ts'
import type { VerificationDeps } from './verify-license.ts'

/** docs/flows/check-status.md. The hot path: one small read, no waiting, no other process. */
export function checkStatus(
  { projection, freshness, staleAfterMs, now: clock }: VerificationDeps,
  type: string,
  number: string,
  asked: string | undefined,
): StatusAnswer {
  const now = clock()
  const at = momentOf(asked, now)
  // Read before the license, so that the answer is never older than it says.
  const position = projection.position(now)
  const { verdict, status, version, validFrom, validUntil } = standingAt(
    projection.findStatus(type, number, at),
    at,
  )
  const staleness = stalenessOf(freshness, now, staleAfterMs)
  return {
    type,
    number,
    verdict,
    status,
    version,
    validFrom,
    validUntil,
    asOf: isoTime(at),
    position,
    ...staleness,
  }
}

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
