import type { AuthorityEntry, AuthorityKeysEntry } from '@lexchange/contracts'
import type { PublishedJwk, TrustedIssuer, TrustList } from '@lexchange/credentials'

import type { DirectoryEntry } from './entry.ts'

export type Trust = {
  list: TrustList
  /** Issuers whose licenses LICENSES does not carry, by their `iss`. */
  foreign: ReadonlySet<string>
}

/** What the directory says of who may issue, in the form that credentials are checked with. */
export function trustOf(entries: Iterable<DirectoryEntry>): Trust {
  const authorities = new Map<string, AuthorityEntry>()
  const keys: AuthorityKeysEntry[] = []
  for (const { kind, entry } of entries) {
    if (kind === 'authority') authorities.set(entry.id, entry)
    if (kind === 'authority-keys') keys.push(entry)
  }
  const known = keys.flatMap((each) => {
    const authority = authorities.get(each.id)
    return authority ? [{ authority, issuer: toIssuer(authority, each) }] : []
  })
  const foreign = known.flatMap(({ authority, issuer }) =>
    authority.foreign ? [issuer.issuer] : [],
  )
  const issuers = known.map(({ issuer }) => issuer)
  return { list: { asOf: EPOCH, issuers }, foreign: new Set(foreign) }
}

/** How old the directory is shows in `stale`, not here. */
const EPOCH = '1970-01-01T00:00:00.000Z'

function toIssuer(authority: AuthorityEntry, { issuer, jwks }: AuthorityKeysEntry): TrustedIssuer {
  const { id: authorityId, name, licenseTypes, region, state } = authority
  // From before the directory kept spans: what holds now is taken to have held always.
  const always = state === 'active' ? [{ from: EPOCH, to: null, licenseTypes, region }] : []
  const entitlements = authority.entitlements ?? always
  return { issuer, authorityId, name, jwks: { keys: jwks.keys as PublishedJwk[] }, entitlements }
}
