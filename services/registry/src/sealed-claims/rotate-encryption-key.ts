import { EncryptionUnavailableError, type KeyEncryption, keyIdOf } from '@lexchange/encryption'
import type { Transaction } from 'kysely'

import { recordAudit } from '../audit/index.ts'
import { publishEntry } from '../directory/index.ts'
import {
  insertEncryptionKey,
  listEncryptionKeys,
  lockEncryptionKeys,
  type StoredKey,
  updateWrappedPrivateKey,
} from './encryption-key.repository.ts'
import { aboutKey, newEncryptionKey } from './encryption-key.ts'
import type { SealedTables } from './sealed-claims.tables.ts'

export type EncryptionPolicy = {
  keys: KeyEncryption
  /** Of the registry, as tokens name it. */
  issuer: string
  rotationMs: number
}

/** Id of the directory's entry that issuers find the public key in. */
const KEY_ENTRY = 'registry-encryption'

/** A new key for issuers to seal claims for; old ones go on opening. docs/flows/rotate-encryption-key.md */
export async function rotateEncryptionKey(
  trx: Transaction<SealedTables>,
  policy: EncryptionPolicy,
  by: string,
  now: Date,
): Promise<void> {
  await lockEncryptionKeys(trx)
  await addKey(trx, policy, by, now)
}

/** What is due by the clock: a first or next key; and its announcement, should it be missing. */
export async function maintainEncryptionKeys(
  trx: Transaction<SealedTables>,
  policy: EncryptionPolicy,
  now: Date,
): Promise<void> {
  await lockEncryptionKeys(trx)
  const keys = await listEncryptionKeys(trx)
  const newest = keys.at(-1)
  const due = newest && newest.createdAt.getTime() + policy.rotationMs
  if (!newest || (due !== undefined && due <= now.getTime()))
    await addKey(trx, policy, 'registry', now)
  else await announce(trx, policy, newest, now)
  for (const key of keys) await rewrapPrivateKey(trx, policy.keys, key)
}

async function addKey(
  trx: Transaction<SealedTables>,
  policy: EncryptionPolicy,
  by: string,
  now: Date,
): Promise<void> {
  const { jwk, privateKey } = await newEncryptionKey()
  const wrapped = await policy.keys.wrap(privateKey, aboutKey(jwk.kid))
  const key: StoredKey = { jwk, wrapped, createdAt: now }
  await insertEncryptionKey(trx, key)
  await recordAudit(trx, {
    ...{ at: now, action: 'encryption-key.created', subject: jwk.kid, by, detail: {} },
  })
  await announce(trx, policy, key, now)
}

/** Only the newest, so that nobody seals for another. */
async function announce(
  trx: Transaction<SealedTables>,
  { issuer }: EncryptionPolicy,
  { jwk }: StoredKey,
  now: Date,
): Promise<void> {
  const data = { id: KEY_ENTRY, issuer, jwks: { keys: [jwk] } }
  await publishEntry(trx, 'key', data, { by: 'registry', now })
}

async function rewrapPrivateKey(
  trx: Transaction<SealedTables>,
  keys: KeyEncryption,
  { jwk: { kid }, wrapped }: StoredKey,
): Promise<void> {
  if (keyIdOf(wrapped) === keys.currentKeyId()) return
  const about = aboutKey(kid)
  try {
    const fresh = await keys.wrap(await keys.unwrap(wrapped, about), about)
    await updateWrappedPrivateKey(trx, kid, fresh)
  } catch (error) {
    // Its key-encryption key is missing: it waits for it, and newer ones go on.
    if (!(error instanceof EncryptionUnavailableError)) throw error
  }
}
