import type { AuthorityKeysEntry } from '@lexchange/contracts'

import { checkPublicKey } from './check-entry.ts'
import { DirectoryEntryInvalidError } from './directory.errors.ts'
import type { PublicKeyJwk } from './entry.ts'

export type AuthorityKeySet = Pick<AuthorityKeysEntry, 'issuer' | 'jwks'>

/**
 * What the directory keeps of announced keys. A key that was known stays, because old credentials are
 * checked with it, and what was revoked stays revoked, so that a thief cannot announce it away.
 * @throws DirectoryEntryInvalidError
 */
export function mergeAuthorityKeys(
  announced: AuthorityKeySet,
  known: AuthorityKeySet | undefined,
): AuthorityKeySet {
  const keys = new Map(known?.jwks.keys.map((key) => [key.kid, key]))
  for (const [index, key] of announced.jwks.keys.entries()) {
    const pointer = `/jwks/keys/${index}`
    const checked = checkAuthorityKey(key, pointer)
    const present = keys.get(checked.kid)
    // A point has a twin of the same x.
    if (present && (present.x !== checked.x || present.y !== checked.y))
      throw new DirectoryEntryInvalidError(`${pointer}/kid`, 'names another key already')
    const revoked = earlier(revokedAt(present), revokedAt(checked))
    keys.set(checked.kid, {
      ...checked,
      ...(revoked !== undefined && { revoked: { revoked_at: revoked } }),
    })
  }
  return { issuer: announced.issuer, jwks: { keys: [...keys.values()] } }
}

function checkAuthorityKey(key: PublicKeyJwk, pointer: string): PublicKeyJwk {
  const checked = checkPublicKey(key, pointer)
  if (checked.kty !== 'EC') throw new DirectoryEntryInvalidError(pointer, 'must be a key for ES256')
  if (typeof checked.kid !== 'string' || checked.kid.length > 128)
    throw new DirectoryEntryInvalidError(`${pointer}/kid`, 'is required, of at most 128 characters')
  const times = Object.entries({ nbf: key.nbf, revoked: revokedAt(key) })
  for (const [name, time] of times)
    if (time !== undefined && !(Number.isSafeInteger(time) && (time as number) > 0))
      throw new DirectoryEntryInvalidError(`${pointer}/${name}`, 'must be a time in seconds')
  const { nbf, revoked } = key
  return {
    ...checked,
    ...(nbf !== undefined && { nbf }),
    ...(revoked !== undefined && { revoked }),
  }
}

function revokedAt(key: PublicKeyJwk | undefined): number | undefined {
  if (key?.revoked === undefined) return undefined
  const time = (key.revoked as { revoked_at?: unknown } | null)?.revoked_at
  return typeof time === 'number' ? time : Number.NaN
}

function earlier(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return Math.min(one, other)
}
