import type { IssuanceData } from '@lexchange/contracts'
import { type KeyEncryption, newDataKey, sealValue } from '@lexchange/encryption'
import { appendToOutbox } from '@lexchange/postgres'
import type { Transaction } from 'kysely'

import { findDataKey, insertDataKey, insertSealedClaims } from './data-key.repository.ts'
import { insertClaimHashes } from './find-by-claim-hash.ts'
import { type ClaimOpener, createClaimOpener } from './open-sealed-claims.ts'
import { storedEvent } from './sealed-claims.events.ts'
import type { SealedTables } from './sealed-claims.tables.ts'
import { createSearchKey, type SearchKey } from './search-key.ts'

/** What sealed claims are opened and sealed with. */
export type ClaimVault = { keys: KeyEncryption; opener: ClaimOpener; searchKey: SearchKey }

export function createClaimVault(keys: KeyEncryption): ClaimVault {
  return { keys, opener: createClaimOpener(keys), searchKey: createSearchKey(keys) }
}

type IssuedVersion = { data: IssuanceData; time: string; traceparent?: string }

/**
 * Opens the sealed claims of a new version, seals them with the license's data key, and announces them
 * on SEALED. The caller holds the lock of the license. docs/flows/store-sealed-claims.md
 * @throws SealedClaimsInvalidError, EncryptionUnavailableError
 */
export async function storeSealedClaims(
  trx: Transaction<SealedTables>,
  { keys, opener, searchKey }: ClaimVault,
  { data, time, traceparent }: IssuedVersion,
): Promise<void> {
  if (!data.sealedClaims) return
  const { licenseId, type, region, version } = data
  const known = await findDataKey(trx, licenseId)
  if (known === 'erased') return
  const claims = await opener.open(trx, data)
  const dataKey = known === undefined ? newDataKey() : await keys.unwrap(known, licenseId)
  const wrapped = known ?? (await keys.wrap(dataKey, licenseId))
  if (known === undefined) await insertDataKey(trx, licenseId, wrapped)
  const fields = Object.fromEntries(
    Object.entries(claims).map(([field, value]) => [
      field,
      sealValue(dataKey, { licenseId, version, field }, value),
    ]),
  )
  await insertSealedClaims(trx, licenseId, version, fields)
  await insertClaimHashes(trx, searchKey, data, claims)
  const stored = { licenseId, type, region, version, dataKey: wrapped, fields }
  await appendToOutbox(trx, storedEvent(stored, { time, traceparent }))
}

/** True for a version that has sealed claims, or had them. */
export function hasSealedClaims({ sealed, sealedClaims }: IssuanceData): boolean {
  return sealed === true || (sealedClaims !== undefined && sealedClaims !== '')
}
