import type { KeyPolicy } from './rotate-signing-key.ts'

const DAY = 86_400_000

type KeySettings = {
  TOKEN_ISSUER: string
  KEY_ENCRYPTION_KEY: Uint8Array
  KEY_ROTATION_DAYS: number
  KEY_OVERLAP_SECONDS: number
}

/** How signing keys are sealed and changed, by the settings of the registry. */
export function keyPolicyOf(settings: KeySettings): KeyPolicy {
  return {
    issuer: settings.TOKEN_ISSUER,
    encryptionKey: settings.KEY_ENCRYPTION_KEY,
    rotationMs: settings.KEY_ROTATION_DAYS * DAY,
    overlapMs: settings.KEY_OVERLAP_SECONDS * 1000,
  }
}
