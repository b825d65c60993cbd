/** A key that access tokens are signed with, and when. */
export type SigningKey = {
  kid: string
  publicJwk: Readonly<Record<string, string>>
  createdAt: Date
  activeFrom: Date
  /** When it stops signing; null while no other follows. */
  retiredAt: Date | null
}

export type SealedKey = SigningKey & { sealedPrivateJwk: string }

/** Longer than a token lives (10 minutes) and clocks differ. */
const KEPT_AFTER_RETIREMENT = 15 * 60_000

/** The key that signs now; of several the newest. */
export function signingKeyAt<Key extends SigningKey>(
  keys: readonly Key[],
  now: Date,
): Key | undefined {
  return keys.findLast(
    ({ activeFrom, retiredAt }) => activeFrom <= now && (retiredAt === null || retiredAt > now),
  )
}

/** Keys that tokens in use may be signed with, and the one that will sign next. */
export function publishedKeysAt<Key extends SigningKey>(keys: readonly Key[], now: Date): Key[] {
  return keys.filter(({ retiredAt }) => retiredAt === null || retiredAt > retirementBefore(now))
}

/** A key that stopped signing before this moment can have no token left. */
export function retirementBefore(now: Date): Date {
  return new Date(now.getTime() - KEPT_AFTER_RETIREMENT)
}

/** True when a new key is due: there is none, or the newest has signed for its time. */
export function isRotationDue(keys: readonly SigningKey[], now: Date, rotationMs: number): boolean {
  const newest = keys.at(-1)
  return newest === undefined || now.getTime() >= newest.activeFrom.getTime() + rotationMs
}
