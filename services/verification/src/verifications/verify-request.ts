import type { Client } from '@lexchange/auth'
import { CredentialError, hashRequest, type VerifiedCredential } from '@lexchange/credentials'
import { RequestInvalidError } from '@lexchange/http-server'

import { receiptBody } from '../receipts/index.ts'
import type { VerificationAnswer, VerificationRequest } from './verification.schemas.ts'
import { verifyCredential } from './verify-credential.ts'
import { findLicense, type VerificationDeps, verifyLicense } from './verify-license.ts'

type CredentialRequest = VerificationRequest & { license: { credential: string } }
type LicenseRequest = VerificationRequest & Parameters<typeof verifyLicense>[1]

const isOfCredential = (request: VerificationRequest): request is CredentialRequest =>
  'credential' in request.license

/** Fetches what an answer needs from elsewhere: only lists of issuers of other exchanges. */
export function prepare(
  { directory, seen, foreignLists }: VerificationDeps,
  request: VerificationRequest,
): Promise<void> | undefined {
  if (!isOfCredential(request)) return undefined
  const { trust } = directory
  // Nothing to fetch, and nothing to wait for, where every issuer is of this exchange.
  if (trust.foreign.size === 0) return undefined
  const { credential } = seen(request.license.credential, trust).signature
  return credential && trust.foreign.has(credential.issuer)
    ? foreignLists.prepare(credential, trust)
    : undefined
}

/** One check, by number, id or credential, with a receipt if one is asked for. */
export function verifyRequest(
  deps: VerificationDeps,
  request: VerificationRequest,
  client: Pick<Client, 'clientId' | 'departmentId'>,
): VerificationAnswer {
  if (request.holderBinding && !isOfCredential(request))
    throw new RequestInvalidError([
      { pointer: '/holderBinding', detail: 'belongs to a credential, which this request has not' },
    ])
  const answer = isOfCredential(request)
    ? verifyCredential(deps, request)
    : verifyLicense(deps, request as LicenseRequest)
  return request.receipt ? { ...answer, receipt: receiptOf(deps, request, answer, client) } : answer
}

function receiptOf(
  deps: VerificationDeps,
  request: VerificationRequest,
  answer: VerificationAnswer,
  { clientId, departmentId }: Pick<Client, 'clientId' | 'departmentId'>,
): string {
  const { purpose, caseRef } = request
  const credential = isOfCredential(request)
    ? deps.seen(request.license.credential, deps.directory.trust).signature.credential
    : undefined
  const body = receiptBody(answer, {
    issuer: deps.publicUrl,
    now: deps.now(),
    requestHash: hashOf(request),
    purpose,
    caseRef,
    client: clientId,
    department: departmentId ?? null,
    license: credential ? licenseOf(credential) : licenseFound(deps, request, answer),
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

function licenseFound(
  { projection }: VerificationDeps,
  request: VerificationRequest,
  { asOf }: VerificationAnswer,
) {
  if (isOfCredential(request)) return null
  const found = findLicense(projection, request as LicenseRequest, Date.parse(asOf))
  return found ? { id: found.license.licenseId, type: found.license.type } : null
}
