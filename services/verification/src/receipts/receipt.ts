import type { ReceiptBody } from '@lexchange/credentials'

/** What a check has found, as far as a receipt says it: no value of any claim. */
export type Attested = {
  verificationId: string
  verdict: string
  status: string | null
  version: number | null
  checks: readonly { check: string; result: string; code: string }[]
  asOf: string
  position: number
  stale: boolean
  agreement: string
}

export type ReceiptContext = {
  /** Base URL of the service that has checked. */
  issuer: string
  /** In ms since 1970. */
  now: number
  /** SHA-256 of the request's canonical JSON (RFC 8785). */
  requestHash: string
  purpose: string
  caseRef: string
  client: string
  department: string | null
  license: { id: string; type: string } | null
  statusList: { uri: string; index: number } | null
}

/** docs/formats/receipt.md */
export function receiptBody(attested: Attested, context: ReceiptContext): ReceiptBody {
  const { verificationId, verdict, status, version, checks, asOf, position, stale } = attested
  const { issuer, now, requestHash, purpose, caseRef, client, department, license } = context
  return {
    iss: issuer,
    jti: verificationId,
    iat: Math.floor(now / 1000),
    requestHash,
    verdict,
    status,
    checks: checks.map(({ check, result, code }) => ({ check, result, code })),
    license: license && { ...license, version },
    statusList: context.statusList,
    asOf,
    position,
    stale,
    agreement: attested.agreement,
    purpose,
    caseRef,
    client,
    department,
  }
}
