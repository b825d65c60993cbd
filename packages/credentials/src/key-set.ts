import { attempt } from './credential.errors.ts'
import type { IssuerKey } from './issuer-signature.ts'
import { importP256 } from './jwk.ts'

/** A published key (RFC 7517). Keys of other kinds may be among them and are passed over. */
export type PublishedJwk = {
  readonly kty: string
  readonly kid?: string
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  /** Seconds since 1970 from which it is in use. */
  readonly nbf?: number
  /** As in OpenID Federation, 8.7: seconds since 1970 from which it is distrusted. */
  readonly revoked?: { readonly revoked_at: number }
}

export type JsonWebKeySet = { readonly keys: readonly PublishedJwk[] }

const imported = new WeakMap<JsonWebKeySet, ReadonlyMap<string, IssuerKey>>()

/** The ES256 keys of a set by `kid`; imported once for each set, which must not change afterwards. */
export function keysById(jwks: JsonWebKeySet): ReadonlyMap<string, IssuerKey> {
  const known = imported.get(jwks)
  if (known) return known
  const keys = new Map<string, IssuerKey>()
  for (const jwk of jwks.keys) {
    const key = attempt(() => importP256(jwk))
    if (jwk.kid === undefined || !key.ok) continue
    keys.set(jwk.kid, { key: key.value, revokedAt: jwk.revoked?.revoked_at, notBefore: jwk.nbf })
  }
  imported.set(jwks, keys)
  return keys
}
