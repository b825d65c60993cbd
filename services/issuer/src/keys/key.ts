/** A key that an authority signs with; the private part is at the key provider. */
export type SigningKey = {
  kid: string
  authorityId: string
  /** Undefined until the key provider has made it. */
  publicJwk: Readonly<Record<string, string>> | undefined
  createdAt: Date
  signsFrom: Date
  compromisedSince: Date | null
}

export type KeyState = 'planned' | 'published' | 'signing' | 'retired' | 'compromised'

/** Oldest first, as all functions here take them. */
export type Keys = readonly SigningKey[]

/**
 * The key that signs now: of those that are trusted the one that began last. Until one is made that takes the
 * place of a compromised one, none does: a key that was retired never signs again.
 */
export function signingKeyAt(keys: Keys, now: Date): SigningKey | undefined {
  const last = keys.findLast(
    (key) =>
      key.signsFrom <= now &&
      key.compromisedSince === null &&
      (key.publicJwk !== undefined || isUrgent(key)),
  )
  return last?.publicJwk === undefined ? undefined : last
}

/** It was not planned beside one that signs. */
function isUrgent({ createdAt, signsFrom }: SigningKey): boolean {
  return createdAt.getTime() === signsFrom.getTime()
}

export function stateOf(key: SigningKey, keys: Keys, now: Date): KeyState {
  if (key.compromisedSince !== null) return 'compromised'
  if (key.publicJwk === undefined) return 'planned'
  if (key.signsFrom > now) return 'published'
  return signingKeyAt(keys, now)?.kid === key.kid ? 'signing' : 'retired'
}

/** Whether a next key is to be made: none signs, or the newest has signed for long enough. */
export function isRotationDue(keys: Keys, now: Date, rotationMs: number): boolean {
  const newest = keys.findLast(({ compromisedSince }) => compromisedSince === null)
  if (!newest) return true
  return now.getTime() - newest.signsFrom.getTime() >= rotationMs
}

/** As it is published (RFC 7517); `nbf` and `revoked` as OpenID Federation 1.0, 8.7.2, has them. */
export function publishedJwk({ kid, publicJwk, signsFrom, compromisedSince }: SigningKey) {
  return {
    ...publicJwk,
    kid,
    alg: 'ES256',
    use: 'sig',
    nbf: Math.floor(signsFrom.getTime() / 1000),
    ...(compromisedSince !== null && {
      revoked: { revoked_at: Math.floor(compromisedSince.getTime() / 1000) },
    }),
  }
}

/** All keys there ever were: old credentials are checked with old keys. */
export function publishedKeys(keys: Keys): Record<string, unknown>[] {
  return keys.filter(({ publicJwk }) => publicJwk !== undefined).map(publishedJwk)
}

/** The `iss` of an authority's credentials. */
export function credentialIssuer(publicUrl: string, authorityId: string): string {
  return `${publicUrl}/authorities/${authorityId}`
}

/** Whether what the directory has of an authority's keys lacks one, or that one is not trusted any more. */
export function lacksKeys(
  keys: Keys,
  jwks: { keys: readonly Record<string, unknown>[] } | undefined,
) {
  const known = new Map(jwks?.keys.map((key) => [key.kid, key]))
  return publishedKeys(keys).some((key) => {
    const found = known.get(key.kid)
    return !found || (key.revoked !== undefined && found.revoked === undefined)
  })
}
