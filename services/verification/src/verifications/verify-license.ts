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
  return {
    verificationId: timeOrderedId(),
    ...standingAt(found?.version, at),
    checks: checksAt(found?.version, at, match),
    ...(match && { match }),
    ...(request.disclose && { disclosed: found ? discloseClaims(request.disclose, claims) : {} }),
    asOf: isoTime(at),
    position,
    ...stalenessOf(freshness, now, staleAfterMs),
    agreement: agreement.id,
  }
}
