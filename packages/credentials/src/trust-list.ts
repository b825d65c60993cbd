import { CredentialError } from './credential.errors.ts'
import type { IssuerKey } from './issuer-signature.ts'
import { type JsonWebKeySet, keysById } from './key-set.ts'
import { isJsonObject } from './strict-json.ts'

/** What an authority may issue, and where. Times RFC 3339; `[from, to)`, null is no end. */
export type Entitlement = {
  readonly from: string
  readonly to: string | null
  readonly licenseTypes: readonly string[]
  /** GB/T 2260. */
  readonly region: string
}

export type TrustedIssuer = {
  /** `iss` of its credentials. */
  readonly issuer: string
  readonly authorityId: string
  readonly name: string
  readonly jwks: JsonWebKeySet
  readonly entitlements: readonly Entitlement[]
}

/** The directory as it was at `asOf` (RFC 3339). It comes from a trusted place: it is not signed. */
export type TrustList = { readonly asOf: string; readonly issuers: readonly TrustedIssuer[] }

const indexed = new WeakMap<TrustList, ReadonlyMap<string, TrustedIssuer>>()

/**
 * The entry of an issuer. A list is indexed once, so it must not change afterwards.
 * @throws CredentialError `trust-list-malformed`
 */
export function findIssuer(trustList: TrustList, issuer: string): TrustedIssuer | undefined {
  return issuersOf(trustList).get(issuer)
}

function issuersOf(trustList: TrustList): ReadonlyMap<string, TrustedIssuer> {
  const known = indexed.get(trustList)
  if (known) return known
  requireTrustList(trustList)
  const byIssuer = new Map(trustList.issuers.map((entry) => [entry.issuer, entry]))
  indexed.set(trustList, byIssuer)
  return byIssuer
}

export function findTrustedKey(
  trustList: TrustList,
  issuer: string,
  kid: string,
): IssuerKey | undefined {
  const entry = findIssuer(trustList, issuer)
  return entry && keysById(entry.jwks).get(kid)
}

/** It is a file that somebody keeps: better a clear refusal than a credential called forged. */
function requireTrustList(trustList: unknown): void {
  const whole =
    isJsonObject(trustList) &&
    !Number.isNaN(Date.parse(String(trustList.asOf))) &&
    Array.isArray(trustList.issuers) &&
    trustList.issuers.every(isTrustedIssuer)
  if (!whole) throw new CredentialError('trust-list-malformed', 'The trust list is not whole')
}

function isTrustedIssuer(entry: unknown): boolean {
  return (
    isJsonObject(entry) &&
    typeof entry.issuer === 'string' &&
    isJsonObject(entry.jwks) &&
    Array.isArray(entry.jwks.keys) &&
    Array.isArray(entry.entitlements)
  )
}
