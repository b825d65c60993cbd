import { type Check, check } from './checks.ts'
import type { StatusReference } from './credential-draft.ts'
import { type CredentialReading, UNVERIFIED, type UnverifiedCredential } from './credential-read.ts'
import { checkIssuerSignature, type FindKey } from './issuer-signature.ts'
import { processPayload } from './process-payload.ts'
import { isJsonObject, type JsonObject } from './strict-json.ts'

/** A credential whose signature holds. Times in seconds since 1970. */
export type VerifiedCredential = {
  readonly issuer: string
  readonly kid: string
  readonly vct: string
  readonly issuedAt: number | undefined
  readonly notBefore: number | undefined
  readonly expires: number | undefined
  /** Undefined when the credential names no status list, or not in the form of the draft. */
  readonly status: StatusReference | undefined
  /** The payload as signed: what is in the open, and digests. */
  readonly signed: Readonly<JsonObject>
  readonly [UNVERIFIED]: UnverifiedCredential[typeof UNVERIFIED]
} & Disclosed

type Disclosed = {
  /** The payload with what is disclosed; undefined unless the disclosures hold too. Made on demand. */
  readonly processed: Readonly<JsonObject> | undefined
  /** Names as `presentCredential` takes them. */
  readonly disclosed: readonly string[]
}

/** Can be kept with the text of the credential until keys change. */
export type SignatureOutcome = {
  readonly check: Check<'signature'>
  /** Only when the check is `pass`. */
  readonly credential?: VerifiedCredential
}

/** Checks the signature of the issuer, and that its key was good at `iat`. */
export function checkSignature(reading: CredentialReading, findKey: FindKey): SignatureOutcome {
  if (!reading.ok) return { check: check('signature', 'fail', reading.code, reading.detail) }
  const { jws } = reading[UNVERIFIED]
  const result = checkIssuerSignature(jws, reading.claimed.issuer, findKey)
  if (result.result !== 'pass') return { check: result }
  return { check: result, credential: toVerified(reading) }
}

function toVerified(reading: UnverifiedCredential): VerifiedCredential {
  const unverified = reading[UNVERIFIED]
  const { jws, vct } = unverified
  const { iat, nbf, exp, status } = jws.payload
  return Object.assign(Object.create(DISCLOSED) as Disclosed, {
    // checkIssuerSignature found a key by both.
    issuer: reading.claimed.issuer as string,
    kid: jws.kid as string,
    vct,
    issuedAt: iat as number | undefined,
    notBefore: nbf as number | undefined,
    expires: exp as number | undefined,
    status: toStatusReference(status),
    signed: jws.payload,
    [UNVERIFIED]: unverified,
  })
}

/** Most who verify never look at the claims: the getters make them when they do. */
const DISCLOSED = {
  get processed() {
    const { jws, placed } = (this as unknown as VerifiedCredential)[UNVERIFIED]
    return placed.ok ? processPayload(jws.payload, placed.value) : undefined
  },
  get disclosed() {
    const { placed } = (this as unknown as VerifiedCredential)[UNVERIFIED]
    return placed.ok ? placed.value.map(({ path }) => path) : []
  },
}

function toStatusReference(status: unknown): StatusReference | undefined {
  const reference = isJsonObject(status) ? status.status_list : undefined
  if (!isJsonObject(reference)) return undefined
  const { idx, uri } = reference
  if (typeof uri !== 'string' || !Number.isSafeInteger(idx) || (idx as number) < 0) return undefined
  return { uri, index: idx as number }
}
