import { hash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { requireClaimMembers } from './claim-value.ts'
import { attempt, CredentialError, type FailureCode, type Outcome } from './credential.errors.ts'
import { checkIssuerSignature } from './issuer-signature.ts'
import { draftJws, type JwsDraft, parseJws } from './jws.ts'
import { type JsonWebKeySet, keysById } from './key-set.ts'
import { type JsonObject, MAX_DEPTH } from './strict-json.ts'

/** What a receipt attests; all but `jti` and `iat` is for the caller to choose. */
export type ReceiptBody = Readonly<JsonObject> & {
  /** Unique, e.g. the id of the verification. */
  readonly jti: string
  /** Seconds since 1970. */
  readonly iat: number
}

export type VerifiedReceipt = { readonly body: ReceiptBody; readonly kid: string }

export type ReceiptFailureCode =
  | 'signature-invalid'
  | 'key-unknown'
  | 'key-compromised'
  | 'key-not-yet-valid'

const RECEIPT_TYP = 'lexchange-receipt+jwt'
const MAX_CHARACTERS = 65_536

/**
 * The receipt to sign; `completeJws` makes it whole.
 * @throws CredentialError `receipt-malformed`, `value-not-json`, `too-deep`
 */
export function draftReceipt(body: ReceiptBody, kid: string): JwsDraft {
  requireBody(body)
  requireClaimMembers(body, MAX_DEPTH)
  return draftJws({ typ: RECEIPT_TYP, kid }, body)
}

/**
 * Checks a receipt with the published keys, also long after: keys that are retired still verify.
 * Nothing is thrown.
 */
export function verifyReceipt(
  receipt: string,
  jwks: JsonWebKeySet,
): Outcome<VerifiedReceipt, FailureCode | ReceiptFailureCode> {
  const parsed = attempt(() => {
    if (typeof receipt !== 'string' || receipt.length > MAX_CHARACTERS) {
      throw new CredentialError('receipt-malformed', `Not a text of up to ${MAX_CHARACTERS}`)
    }
    const jws = parseJws(receipt, { typ: RECEIPT_TYP, malformed: 'receipt-malformed' })
    return { jws, body: requireBody(jws.payload) }
  })
  if (!parsed.ok) return parsed
  const { jws, body } = parsed.value
  const signature = checkIssuerSignature(jws, RECEIPT_TYP, (_, kid) => keysById(jwks).get(kid))
  if (signature.result !== 'pass') {
    const code = signature.code as ReceiptFailureCode
    return { ok: false, code, detail: signature.detail }
  }
  return { ok: true, value: { body, kid: jws.kid as string } }
}

/**
 * SHA-256 over the canonical JSON (RFC 8785) of a request, in base64url: the same for each way to write it.
 * @throws CredentialError `value-not-json`
 */
export function hashRequest(value: unknown): string {
  let canonical: string | undefined
  try {
    canonical = canonicalize(value)
  } catch {
    throw new CredentialError('value-not-json', 'A value is not JSON')
  }
  if (canonical === undefined) throw new CredentialError('value-not-json', 'There is no value')
  return hash('sha256', canonical, 'base64url')
}

function requireBody(payload: Readonly<JsonObject>): ReceiptBody {
  const { jti, iat } = payload
  if (typeof jti !== 'string' || typeof iat !== 'number' || !Number.isFinite(iat)) {
    throw new CredentialError('receipt-malformed', 'A receipt has jti and iat')
  }
  return payload as ReceiptBody
}
