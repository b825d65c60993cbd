import { createHash, randomBytes } from 'node:crypto'

import { CredentialError, presentCredential } from '@lexchange/credentials'
import type { KeyEncryption } from '@lexchange/encryption'
import type { Transaction } from 'kysely'

import { findLicenseOfHolder, LicenseNotFoundError, openCredential } from '../licenses/index.ts'
import { DisclosureUnknownError } from './presentation.errors.ts'
import { insertPresentation } from './presentation.repository.ts'
import type { PresentationTables } from './presentation.tables.ts'

export type PresentationOrder = {
  licenseId: string
  holderUscc: string
  /** Names of hidden claims; everything public is shown anyway. */
  disclose: readonly string[]
  expiresInSeconds: number
  by: string
  at: Date
}

/**
 * Makes a reference that is good once: docs/flows/create-presentation.md
 * @throws LicenseNotFoundError, DisclosureUnknownError
 */
export async function createPresentation(
  trx: Transaction<PresentationTables>,
  keys: KeyEncryption,
  { licenseId, holderUscc, disclose, expiresInSeconds, by, at }: PresentationOrder,
): Promise<{ reference: string; expiresAt: Date }> {
  const license = await findLicenseOfHolder(trx, licenseId, holderUscc)
  const stored = license && (await openCredential(trx, keys, licenseId))
  if (!stored) throw new LicenseNotFoundError(licenseId)
  for (const [index, name] of disclose.entries()) requireDisclosure(stored.credential, name, index)
  const reference = randomBytes(32).toString('base64url')
  const expiresAt = new Date(at.getTime() + expiresInSeconds * 1000)
  const referenceHash = hashOf(reference)
  await insertPresentation(trx, {
    ...{ referenceHash, licenseId, disclose, by, createdAt: at, expiresAt },
  })
  return { reference, expiresAt }
}

export function hashOf(reference: string): string {
  return createHash('sha256').update(reference).digest('base64url')
}

function requireDisclosure(credential: string, name: string, index: number): void {
  try {
    presentCredential(credential, [name])
  } catch (error) {
    if (error instanceof CredentialError) throw new DisclosureUnknownError(name, index)
    throw error
  }
}
