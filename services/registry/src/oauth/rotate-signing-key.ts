import type { Transaction } from 'kysely'

import { recordAudit } from '../audit/index.ts'
import { publishEntry } from '../directory/index.ts'
import { KeyRotationPendingError } from './oauth.errors.ts'
import type { OAuthTables } from './oauth.tables.ts'
import { createSealedKey } from './seal-key.ts'
import {
  isRotationDue,
  publishedKeysAt,
  retirementBefore,
  type SealedKey,
  signingKeyAt,
} from './signing.ts'
import {
  deleteKeysRetiredBefore,
  insertKey,
  listKeys,
  lockKeys,
  retireKeysBefore,
} from './signing-key.repository.ts'

export type KeyPolicy = {
  issuer: string
  encryptionKey: Uint8Array
  rotationMs: number
  /** How long a new key is published before it signs. */
  overlapMs: number
}

/** docs/flows/rotate-signing-key.md @throws KeyRotationPendingError */
export async function rotateSigningKey(
  trx: Transaction<OAuthTables>,
  policy: KeyPolicy,
  by: string,
  now: Date,
): Promise<SealedKey> {
  await lockKeys(trx)
  const newest = (await listKeys(trx)).at(-1)
  if (newest && newest.activeFrom > now) throw new KeyRotationPendingError(newest.activeFrom)
  return addKey(trx, policy, by, now)
}

/** What is due by the clock: a first or next key, and the end of those whose tokens have all ended. */
export async function maintainSigningKeys(
  trx: Transaction<OAuthTables>,
  policy: KeyPolicy,
  now: Date,
): Promise<void> {
  await lockKeys(trx)
  const keys = await listKeys(trx)
  if (isRotationDue(keys, now, policy.rotationMs)) await addKey(trx, policy, 'registry', now)
  else await announceKeys(trx, policy, now)
  await deleteKeysRetiredBefore(trx, retirementBefore(now))
}

async function addKey(
  trx: Transaction<OAuthTables>,
  policy: KeyPolicy,
  by: string,
  now: Date,
): Promise<SealedKey> {
  const signs = signingKeyAt(await listKeys(trx), now) !== undefined
  // Without a key that signs now there is nothing to overlap with.
  const activeFrom = signs ? new Date(now.getTime() + policy.overlapMs) : now
  const key = await createSealedKey(policy.encryptionKey, { createdAt: now, activeFrom })
  await insertKey(trx, key)
  await retireKeysBefore(trx, key)
  await recordAudit(trx, {
    at: now,
    action: 'signing-key.created',
    subject: key.kid,
    by,
    detail: { activeFrom: activeFrom.toISOString() },
  })
  await announceKeys(trx, policy, now)
  return key
}

async function announceKeys(
  trx: Transaction<OAuthTables>,
  { issuer }: KeyPolicy,
  now: Date,
): Promise<void> {
  const keys = publishedKeysAt(await listKeys(trx), now).map(({ publicJwk }) => publicJwk)
  const data = { id: 'oauth', issuer, jwks: { keys } }
  await publishEntry(trx, 'key', data, { by: 'registry', now })
}
