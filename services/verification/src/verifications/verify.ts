import type { Client } from '@lexchange/auth'
import { hashRequest, type VerifiedCredential } from '@lexchange/credentials'

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
export function verify(
  deps: VerificationDeps,
  request: VerificationRequest,
  client: Pick<Client, 'clientId' | 'departmentId'>,
): VerificationAnswer {
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
    requestHash: hashRequest(request),
    purpose,
    caseRef,
    client: clientId,
    department: departmentId ?? null,
    license: credential ? licenseOf(credential) : licenseFound(deps, request, answer),
    statusList: credential?.status ?? null,
  })
  return deps.receipts.sign(body)
}

function licenseOf({ signed: { licenseId, type } }: VerifiedCredential) {
  if (typeof licenseId !== 'string' || typeof type !== 'string') return null
  return { id: licenseId, type }
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
