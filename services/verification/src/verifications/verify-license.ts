import { timeOrderedId } from '@lexchange/access-records'

import type { Admitted } from './admit-request.ts'
import { discloseClaims, matchClaims, type Unsealed, viewOf } from './claims-view.ts'
import { isoTime, stalenessOf } from './freshness.ts'
import type { VerificationAnswer } from './verification.schemas.ts'
import { checksAt, standingAt } from './verification.ts'
import type { VerificationDeps } from './verification-deps.ts'

/** docs/flows/verify-license.md. What was asked for is granted, and what is sealed has been fetched. */
export function verifyLicense(
  { freshness, staleAfterMs }: VerificationDeps,
  { request, now, at, position, found, agreement }: Admitted,
  unsealed: Unsealed | undefined,
): VerificationAnswer {
  const claims = viewOf(found?.version.claims ?? {}, unsealed)
  const match = request.match && matchClaims(request.match, claims)
  const { verdict, status, version, validFrom, validUntil } = standingAt(found?.version, at)
  const staleness = stalenessOf(freshness, now, staleAfterMs)
  // Written out, like that of checkStatus.
  const answer: VerificationAnswer = {
    verificationId: timeOrderedId(),
    verdict,
    status,
    version,
    validFrom,
    validUntil,
    checks: checksAt(found?.version, at, match),
    asOf: isoTime(at),
    position,
    stale: staleness.stale,
    agreement: agreement.id,
  }
  if (match) answer.match = match
  if (request.disclose) answer.disclosed = found ? discloseClaims(request.disclose, claims) : {}
  if (staleness.stale) answer.ageSeconds = staleness.ageSeconds
  return answer
}
