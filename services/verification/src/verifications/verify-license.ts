import { v7 as newId } from 'uuid'

import type { createCredentialCache, ForeignLists } from '../credentials/index.ts'
import type { Directory } from '../directory/index.ts'
import type { LicenseAt, Projection } from '../projection/index.ts'
import type { ReceiptSigner } from '../receipts/index.ts'
import { type Freshness, isoTime, stalenessOf } from './freshness.ts'
import { momentOf } from './moment-of.ts'
import type { VerificationAnswer, VerificationRequest } from './verification.schemas.ts'
import { checksAt, discloseClaims, matchClaims, requireFields, standingAt } from './verification.ts'

export type VerificationDeps = {
  projection: Projection
  freshness: Freshness
  directory: Pick<Directory, 'trust'>
  receipts: ReceiptSigner
  /** Base URL of this service, which receipts name. */
  publicUrl: string
  seen: ReturnType<typeof createCredentialCache>
  foreignLists: ForeignLists
  staleAfterMs: number
  now: () => number
}

type OfLicense = { license: { id: string } | { type: string; number: string } }

/** docs/flows/verify-license.md. What is asked with `minPosition` has been waited for before. */
export function verifyLicense(
  deps: VerificationDeps,
  request: VerificationRequest & OfLicense,
): VerificationAnswer {
  const now = deps.now()
  const at = momentOf(request.at, now)
  const position = deps.projection.position(now)
  const found = findLicense(deps.projection, request, at)
  requireFields('type' in request.license ? request.license.type : found?.license.type, request)
  const claims = found?.version.claims ?? {}
  const match = request.match && matchClaims(request.match, claims)
  return {
    verificationId: newId(),
    ...standingAt(found?.version, at),
    checks: checksAt(found?.version, at, match),
    ...(match && { match }),
    ...(request.disclose && { disclosed: found ? discloseClaims(request.disclose, claims) : {} }),
    asOf: isoTime(at),
    position,
    ...stalenessOf(deps.freshness, now, deps.staleAfterMs),
  }
}

/** The license that a request is about, at T. */
export function findLicense(
  projection: Projection,
  { license }: OfLicense,
  at: number,
): LicenseAt | undefined {
  return 'id' in license
    ? projection.findLicenseById(license.id.toLowerCase(), at)
    : projection.findLicense(license.type, license.number, at)
}
