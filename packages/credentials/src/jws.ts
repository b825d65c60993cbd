import type { KeyObject } from 'node:crypto'

import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { CredentialError, type FailureCode } from './credential.errors.ts'
import { verifyEs256 } from './es256.ts'
import { isJsonObject, type JsonObject, parseEncodedJson } from './strict-json.ts'

/** What will be signed; plain JSON, so it can be stored before it is. */
export type JwsDraft = {
  readonly header: { readonly alg: 'ES256'; readonly typ: string; readonly kid?: string }
  readonly payload: JsonObject
  /** The ASCII text whose bytes are signed (RFC 7515, 5.1). It alone counts. */
  readonly signingInput: string
}

/** A compact JWS that was read, not verified. */
export type Jws = {
  readonly kid: string | undefined
  readonly payload: JsonObject
  readonly signingInput: string
  readonly signature: Buffer
}

export type JwsRules = {
  /** The `typ` it must have, compared exactly (RFC 8725, 3.11). */
  readonly typ: string
  readonly malformed: FailureCode
}

export function draftJws(
  header: { readonly typ: string; readonly kid?: string },
  payload: JsonObject,
): JwsDraft {
  const whole = { alg: 'ES256' as const, ...header }
  const parts = [JSON.stringify(whole), JSON.stringify(payload)].map(encodeBase64url)
  return { header: whole, payload, signingInput: parts.join('.') }
}

/**
 * Joins a draft with the signature over its `signingInput`.
 * @param signature r and s as 64 bytes.
 * @throws CredentialError `signature-malformed`
 */
export function completeJws(draft: Pick<JwsDraft, 'signingInput'>, signature: Uint8Array): string {
  if (signature.length !== 64) {
    throw new CredentialError('signature-malformed', 'A signature of ES256 has 64 bytes')
  }
  return `${draft.signingInput}.${encodeBase64url(signature)}`
}

/** Reads a compact JWS (RFC 7515, 3.1). Keys that the header brings (jwk, x5c, jku) are never used. */
export function parseJws(compact: string, { typ, malformed }: JwsRules): Jws {
  const first = compact.indexOf('.')
  const second = compact.indexOf('.', first + 1)
  if (first < 0 || second < 0 || compact.indexOf('.', second + 1) >= 0) {
    throw new CredentialError(malformed, 'A compact JWS has three parts')
  }
  const kid = recallHeader(compact.slice(0, first), typ, malformed)
  const payload = parseEncodedJson(compact.slice(first + 1, second), malformed)
  if (!isJsonObject(payload)) throw new CredentialError(malformed, 'The payload is no JSON object')
  const signature = decodeBase64url(compact.slice(second + 1), malformed)
  return { kid, payload, signingInput: compact.slice(0, second), signature }
}

/** Headers that were accepted, with their `kid`: an issuer writes the same one on all it signs. */
const accepted = new Map<string, string | undefined>()
const MAX_ACCEPTED = 1_000
const MAX_RECALLED_CHARACTERS = 1_000

function recallHeader(encoded: string, typ: string, malformed: FailureCode): string | undefined {
  const key = `${typ}.${encoded}`
  const known = accepted.get(key)
  if (known !== undefined) return known
  const kid = readHeader(encoded, typ, malformed)
  if (encoded.length > MAX_RECALLED_CHARACTERS) return kid
  // Strangers can fill it, so it is emptied rather than let grow.
  if (accepted.size >= MAX_ACCEPTED) accepted.clear()
  accepted.set(key, kid)
  return kid
}

function readHeader(encoded: string, typ: string, malformed: FailureCode): string | undefined {
  const header = parseEncodedJson(encoded, malformed)
  if (!isJsonObject(header)) throw new CredentialError(malformed, 'The header is no JSON object')
  // One algorithm: `none`, HS256 with a public key as the secret and the like have no way in.
  if (header.alg !== 'ES256') {
    throw new CredentialError('algorithm-not-allowed', 'Only ES256 is accepted')
  }
  if (header.typ !== typ) throw new CredentialError('type-not-allowed', `The typ is not ${typ}`)
  // RFC 7515, 4.1.11: what is critical must be understood, and nothing is. RFC 7797: b64.
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) {
    throw new CredentialError('header-not-allowed', 'crit and b64 are not accepted')
  }
  if (header.kid === undefined) return undefined
  if (typeof header.kid !== 'string') throw new CredentialError(malformed, 'The kid is no string')
  return header.kid
}

export function verifyJws(jws: Jws, publicKey: KeyObject): boolean {
  // Canonical base64url and dots are ASCII, so latin1 is exact, and the cheapest.
  return verifyEs256(publicKey, Buffer.from(jws.signingInput, 'latin1'), jws.signature)
}
