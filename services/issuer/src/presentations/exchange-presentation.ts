import { CredentialError, presentCredential } from '@lexchange/credentials'
import type { KeyEncryption } from '@lexchange/encryption'
import type { Kysely } from 'kysely'

import { openCredential } from '../licenses/index.ts'
import { hashOf } from './create-presentation.ts'
import { PresentationGoneError, PresentationNotFoundError } from './presentation.errors.ts'
import { isKnownPresentation, takePresentation } from './presentation.repository.ts'
import type { PresentationTables } from './presentation.tables.ts'

/**
 * Gives the credential of the license as it is now, with what the holder chose: once.
 * docs/flows/exchange-presentation.md @throws PresentationNotFoundError, PresentationGoneError
 */
export async function exchangePresentation(
  { db, keys }: { db: Kysely<PresentationTables>; keys: KeyEncryption },
  reference: string,
  { at, by }: { at: Date; by: string },
): Promise<{ licenseId: string; credential: string }> {
  const hash = hashOf(reference)
  const taken = await takePresentation(db, hash, { at, by })
  if (!taken) {
    if (await isKnownPresentation(db, hash)) throw new PresentationGoneError()
    throw new PresentationNotFoundError()
  }
  const { licenseId, disclose } = taken
  const stored = await openCredential(db, keys, licenseId)
  if (!stored) throw new PresentationGoneError()
  return { licenseId, credential: present(stored.credential, disclose) }
}

/** A claim that the holder chose may have left the license since. */
function present(credential: string, disclose: readonly string[]): string {
  try {
    return presentCredential(credential, disclose)
  } catch (error) {
    if (error instanceof CredentialError) throw new PresentationGoneError()
    throw error
  }
}
