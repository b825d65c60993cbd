import { randomBytes } from 'node:crypto'

import type { KeyEncryption } from '@lexchange/encryption'

import { SECRET_BYTES } from './secrets.ts'
import { type SealedSecret, validSecrets } from './subscription.ts'

/** A new secret, sealed: it is opened only to be shown once and to sign. */
export function sealNewSecret(keyring: KeyEncryption, subscriptionId: string): Promise<string> {
  return keyring.wrap(randomBytes(SECRET_BYTES), aboutOf(subscriptionId))
}

export function openSecret(
  keyring: KeyEncryption,
  subscriptionId: string,
  { sealed }: SealedSecret,
): Promise<Buffer> {
  return keyring.unwrap(sealed, aboutOf(subscriptionId))
}

/** All that sign now, the newest first. */
export function openSecrets(
  keyring: KeyEncryption,
  subscriptionId: string,
  secrets: readonly SealedSecret[],
  now: Date,
): Promise<Buffer[]> {
  return Promise.all(
    validSecrets(secrets, now).map((secret) => openSecret(keyring, subscriptionId, secret)),
  )
}

function aboutOf(subscriptionId: string): string {
  return `webhook-secret ${subscriptionId}`
}
