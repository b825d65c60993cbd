import { isoTime, stalenessOf } from './freshness.ts'
import { momentOf } from './moment-of.ts'
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
