import { findIssuer, type VerifiedCredential } from '@lexchange/credentials'
import { validate as isUuid } from 'uuid'

import type { SeenCredential } from '../credentials/index.ts'
import type { Trust } from '../directory/index.ts'
import type { LicenseAt } from '../projection/index.ts'
import type { VerificationDeps } from './verification-deps.ts'

/** What was presented, and where its status stands. */
export type Presented = {
  seen: SeenCredential
  credential: VerifiedCredential | undefined
  trust: Trust
  /** Of an issuer of this exchange: what the projection knows of its license. */
  found: LicenseAt | undefined
  /** Whether that license is the one that the credential speaks of. */
  ofIssuer?: boolean
  /** Of an issuer of another exchange: its list says the status. */
  listed: boolean
}

/** Reads what a holder presents, and finds what this exchange knows of it. */
export function look(deps: VerificationDeps, compact: string, at: number): Presented {
  const trust = deps.directory.trust
  const seen = deps.seen(compact, trust)
  const { credential } = seen.signature
  if (!credential) return { seen, credential, trust, found: undefined, listed: false }
  if (trust.foreign.has(credential.issuer))
    return { seen, credential, trust, found: undefined, listed: true }
  const { licenseId } = credential.signed
  // It is a key of the projection, and nothing but an id has the length of one.
  const isId = typeof licenseId === 'string' && isUuid(licenseId)
  const found = isId ? deps.projection.findLicenseById(licenseId, at) : undefined
  const ofIssuer = found === undefined || isOf(found, credential, trust)
  return { seen, credential, trust, found, ofIssuer, listed: false }
}

/** An authority could sign that it has issued what another one has. */
function isOf({ license }: LicenseAt, { issuer, signed }: VerifiedCredential, trust: Trust) {
  return (
    findIssuer(trust.list, issuer)?.authorityId === license.authority.id &&
    signed.type === license.type &&
    signed.number === license.number
  )
}
