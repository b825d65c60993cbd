import type { KeyEncryption } from '@lexchange/encryption'
import type { Kysely, Transaction } from 'kysely'

import { openDataKey } from '../sealing/index.ts'
import { findCredential } from './credential.repository.ts'
import type { LicenseTables } from './license.tables.ts'
import { openDisclosures } from './sealed-intent.ts'

export type Credential = { credential: string; version: number; issue: number }

/**
 * The credential of a license's current version with its disclosures. Once the claims were erased it has
 * none: what is signed are their digests, so it stays valid, and shows what is public.
 * @throws EncryptionUnavailableError when the data key cannot be used
 */
export async function openCredential(
  db: Kysely<LicenseTables> | Transaction<LicenseTables>,
  keys: KeyEncryption,
  licenseId: string,
): Promise<Credential | undefined> {
  const found = await findCredential(db, licenseId)
  if (!found) return undefined
  const { credential, version, issue, sealed, wrappedKey } = found
  if (sealed === null || wrappedKey === null) return { credential, version, issue }
  const { key } = await openDataKey(keys, wrappedKey, licenseId)
  const disclosures = openDisclosures({ licenseId, version }, key, sealed)
  return { credential: `${credential}${disclosures.join('~')}~`, version, issue }
}
