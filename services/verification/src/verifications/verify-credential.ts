import { timeOrderedId } from '@lexchange/access-records'
import {
  checkCredential,
  checkStatus as checkListedStatus,
  credentialVerdict,
  type StatusListOutcome,
} from '@lexchange/credentials'
import type { Claims } from '@lexchange/license'

import type { Admitted } from './admit-request.ts'
import { discloseClaims, matchClaims, viewOf } from './claims-view.ts'
import { standingBy, standingOfForeign } from './credential-standing.ts'
import { isoTime, stalenessOf } from './freshness.ts'
import type { Presented } from './look-at-credential.ts'
import type { Check, VerificationAnswer } from './verification.schemas.ts'
import { checkMatch, checkStoredStatus } from './verification.ts'
import type { VerificationDeps } from './verification-deps.ts'

type Listed = StatusListOutcome | undefined

/**
 * Checks a credential that a holder presents: docs/flows/verify-credential.md. The checks are independent;
 * a list that has to be fetched was fetched before.
 */
export function verifyCredential(
  deps: VerificationDeps,
  { request, now, at, position, agreement }: Admitted,
  presented: Presented,
): VerificationAnswer {
  const { credential, seen, trust } = presented
  const list =
    credential && presented.listed ? deps.foreignLists.listOf(credential, trust, at) : undefined
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
  const claims = viewOf((credential?.processed?.claims ?? {}) as Claims)
  const match = request.match && matchClaims(request.match, claims)
  const status = statusCheck(presented, list)
  // Of what somebody has changed, or presents without the right to, nothing is said but that.
  const genuine = ![signature, disclosures, holderBinding, status].some(
    ({ result, code }) => result === 'fail' && !code.startsWith('status-'),
  )
  const checks: Check[] = [signature, seen.issuer, validity, status, disclosures, holderBinding]
  return {
    verificationId: timeOrderedId(),
    verdict: credentialVerdict(checks as never),
    ...(genuine ? standing(presented, list, at) : standingBy(undefined, at)),
    checks: match ? [...checks, checkMatch(match)] : checks,
    ...(match && { match }),
    ...(request.disclose && { disclosed: discloseClaims(request.disclose, claims) }),
    asOf: isoTime(at),
    position,
    ...stalenessOf(deps.freshness, now, deps.staleAfterMs),
    agreement: agreement.id,
  }
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

function statusCheck({ credential, found, ofIssuer, listed }: Presented, list: Listed): Check {
  if (!credential) return UNSIGNED
  if (listed) return checkListedStatus(credential, list)
  if (ofIssuer === false) return MISMATCH
  const { version } = credential.signed
  const newer = found && typeof version === 'number' && version < found.version.version
  const stored = checkStoredStatus(found?.version)
  if (!newer || stored.result !== 'pass') return stored
  const detail = `The license was active; version ${found.version.version} has replaced this one`
  return { ...stored, code: 'status-active-newer-version', detail }
}

function standing({ credential, found, listed }: Presented, list: Listed, at: number) {
  if (!credential) return standingBy(undefined, at)
  return listed ? standingOfForeign(credential, list, at) : standingBy(found?.version, at)
}
