import { CredentialError, hashRequest, type VerifiedCredential } from '@lexchange/credentials'
import { RequestInvalidError } from '@lexchange/http-server'

import { receiptBody } from '../receipts/index.ts'
import type { Admitted } from './admit-request.ts'
import type { Unsealed } from './claims-view.ts'
import { unsealClaims } from './unseal-claims.ts'
import type { VerificationAnswer, VerificationRequest } from './verification.schemas.ts'
import type { VerificationDeps } from './verification-deps.ts'
import { verifyCredential } from './verify-credential.ts'
import { verifyLicense } from './verify-license.ts'

/**
 * Fetches what the answer needs from elsewhere: lists of issuers of other exchanges, and claims that are
 * sealed. Undefined where there is nothing to wait for.
 */
export function prepare(
  deps: VerificationDeps,
  admitted: Admitted,
): Promise<Unsealed | undefined> | undefined {
  const { presented } = admitted
  if (!presented) return unsealClaims(deps, admitted)
  const { credential, listed, trust } = presented
  if (!credential || !listed) return undefined
  return deps.foreignLists.prepare(credential, trust).then(() => undefined)
}

/** The answer to a request that is admitted, with a receipt if one is asked for. */
export function verifyRequest(
  deps: VerificationDeps,
  admitted: Admitted,
  unsealed?: Unsealed,
): VerificationAnswer {
  const { presented, request } = admitted
  const answer = presented
    ? verifyCredential(deps, admitted, presented)
    : verifyLicense(deps, admitted, unsealed)
  return request.receipt ? { ...answer, receipt: receiptOf(deps, admitted, answer) } : answer
}

function receiptOf(
  deps: VerificationDeps,
  { request, client, found, presented }: Admitted,
  answer: VerificationAnswer,
): string {
  const credential = presented?.credential
  const license = found ? { id: found.license.licenseId, type: found.license.type } : null
  const body = receiptBody(answer, {
    issuer: deps.publicUrl,
    now: deps.now(),
    requestHash: hashOf(request),
    purpose: request.purpose,
    caseRef: request.caseRef,
    client: client.clientId,
    department: client.departmentId ?? null,
    license: credential ? licenseOf(credential) : license,
    statusList: (credential && statusListOf(credential)) ?? null,
  })
  return deps.receipts.sign(body)
}

/** RFC 8785 has no form for half a surrogate pair. @throws a problem `request-invalid` */
function hashOf(request: VerificationRequest): string {
  try {
    return hashRequest(request)
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error
    throw new RequestInvalidError([{ pointer: '', detail: 'must be well-formed Unicode' }])
  }
}

/** What an issuer of another exchange calls its licenses goes into a receipt only if it is short text. */
function isShort(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 2_048 && value.isWellFormed()
}

function licenseOf({ signed: { licenseId, type } }: VerifiedCredential) {
  return isShort(licenseId) && isShort(type) ? { id: licenseId, type } : null
}

function statusListOf({ status }: VerifiedCredential) {
  return status && isShort(status.uri) ? status : null
}
