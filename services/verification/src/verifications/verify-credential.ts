import {
  checkCredential,
  checkStatus as checkListedStatus,
  credentialVerdict,
  findIssuer,
  type StatusListOutcome,
  type VerifiedCredential,
} from '@lexchange/credentials'
import { type Claims, findLicenseType } from '@lexchange/license'
import { validate as isUuid, v7 as newId } from 'uuid'

import type { SeenCredential } from '../credentials/index.ts'
import type { Trust } from '../directory/index.ts'
import type { LicenseAt } from '../projection/index.ts'
import { standingBy, standingOfForeign } from './credential-standing.ts'
import { isoTime, stalenessOf } from './freshness.ts'
import { momentOf } from './moment-of.ts'
import type { Check, VerificationAnswer, VerificationRequest } from './verification.schemas.ts'
import {
  checkMatch,
  checkStoredStatus,
  discloseClaims,
  matchClaims,
  requireKnownFields,
} from './verification.ts'
import type { VerificationDeps } from './verify-license.ts'

/** What was presented, and where its status stands. */
type Presented = {
  seen: SeenCredential
  credential: VerifiedCredential | undefined
  /** Of an issuer of this exchange: what the projection knows of its license. */
  found: LicenseAt | undefined
  /** Whether that license is the one that the credential speaks of. */
  ofIssuer?: boolean
  /** Of an issuer of another exchange: what its list says. */
  listed: { list: StatusListOutcome | undefined } | undefined
}

/**
 * Checks a credential that a holder presents: docs/flows/verify-credential.md. The checks are independent;
 * a list that has to be fetched was fetched before.
 */
export function verifyCredential(
  deps: VerificationDeps,
  request: VerificationRequest & { license: { credential: string } },
): VerificationAnswer {
  const now = deps.now()
  const at = momentOf(request.at, now)
  const position = deps.projection.position(now)
  const presented = look(deps, request.license.credential, at)
  const { credential, seen } = presented
  requireFieldsOf(credential, request)
  const { checks: own } = checkCredential(seen.reading, {
    findKey: () => undefined,
    at: new Date(at),
    now: new Date(now),
    signature: seen.signature,
    keyBinding: request.holderBinding && {
      aud: request.holderBinding.audience,
      nonce: request.holderBinding.nonce,
    },
  })
  const [signature, validity, disclosures, holderBinding] = own as [Check, Check, Check, Check]
  const claims = (credential?.processed?.claims ?? {}) as Claims
  const match = request.match && matchClaims(request.match, claims)
  const status = statusCheck(presented)
  // Of what somebody has changed, or presents without the right to, nothing is said but that.
  const genuine = ![signature, disclosures, holderBinding, status].some(
    ({ result, code }) => result === 'fail' && !code.startsWith('status-'),
  )
  const checks: Check[] = [signature, seen.issuer, validity, status, disclosures, holderBinding]
  return {
    verificationId: newId(),
    verdict: credentialVerdict(checks as never),
    ...(genuine ? standing(presented, at) : standingBy(undefined, at)),
    checks: match ? [...checks, checkMatch(match)] : checks,
    ...(match && { match }),
    ...(request.disclose && { disclosed: discloseClaims(request.disclose, claims) }),
    asOf: isoTime(at),
    position,
    ...stalenessOf(deps.freshness, now, deps.staleAfterMs),
  }
}

function look(deps: VerificationDeps, compact: string, at: number): Presented {
  const trust = deps.directory.trust
  const seen = deps.seen(compact, trust)
  const { credential } = seen.signature
  if (!credential) return { seen, credential, found: undefined, listed: undefined }
  if (trust.foreign.has(credential.issuer)) {
    const listed = { list: deps.foreignLists.listOf(credential, trust, at) }
    return { seen, credential, found: undefined, listed }
  }
  const { licenseId } = credential.signed
  // It is a key of the projection, and nothing but an id has the length of one.
  const isId = typeof licenseId === 'string' && isUuid(licenseId)
  const found = isId ? deps.projection.findLicenseById(licenseId, at) : undefined
  const ofIssuer = found === undefined || isOf(found, credential, trust)
  return { seen, credential, found, ofIssuer, listed: undefined }
}

/** An authority could sign that it has issued what another one has. */
function isOf({ license }: LicenseAt, { issuer, signed }: VerifiedCredential, trust: Trust) {
  return (
    findIssuer(trust.list, issuer)?.authorityId === license.authority.id &&
    signed.type === license.type &&
    signed.number === license.number
  )
}

const MISMATCH: Check = {
  check: 'status',
  result: 'fail',
  code: 'license-mismatch',
  detail: 'The license of this id is of another authority, type or number',
}

const UNSIGNED: Check = {
  check: 'status',
  result: 'skipped',
  code: 'signature-not-verified',
  detail: 'No signature vouches for the content',
}

function statusCheck({ credential, found, ofIssuer, listed }: Presented): Check {
  if (!credential) return UNSIGNED
  if (listed) return checkListedStatus(credential, listed.list)
  if (ofIssuer === false) return MISMATCH
  const { version } = credential.signed
  const newer = found && typeof version === 'number' && version < found.version.version
  const stored = checkStoredStatus(found?.version)
  if (!newer || stored.result !== 'pass') return stored
  const detail = `The license was active; version ${found.version.version} has replaced this one`
  return { ...stored, code: 'status-active-newer-version', detail }
}

function standing({ credential, found, listed }: Presented, at: number) {
  if (!credential) return standingBy(undefined, at)
  return listed ? standingOfForeign(credential, listed.list, at) : standingBy(found?.version, at)
}

function requireFieldsOf(
  credential: VerifiedCredential | undefined,
  request: VerificationRequest,
): void {
  const type = credential?.signed.type
  // What the holder shows is the holder's to show: any field that licenses of its type have.
  if (typeof type === 'string' && findLicenseType(type)) requireKnownFields(type, request)
}
