import type { Client } from '@lexchange/auth'
import type { Kysely } from 'kysely'

import type { AccessRecorder } from '../access-records/index.ts'
import type { AgreementTables } from '../agreements/index.ts'
import { LicenseNotFoundError } from './entry.errors.ts'
import type { EntryTables } from './entry.tables.ts'
import type { LicenseState } from './license-view.ts'
import { readGrantsOf, requireGrant, shownBy } from './read-grants.ts'
import { findLicense } from './search.repository.ts'

export type EntryDeps = {
  db: Kysely<EntryTables & AgreementTables>
  now: () => Date
  recorder: AccessRecorder
}

export type ReadDeps = EntryDeps & {
  /** The license of a request that may still be refused. */
  licenses: WeakMap<object, LicenseState>
}

export type LicenseReader = {
  client: Client
  now: Date
  /** Told of the license also where it may not be read. */
  onFound(license: LicenseState): void
}

/**
 * A license, and the agreement that a department reads it by. Who has no agreement at all is not told
 * whether the license exists. @throws NoAgreementError, LicenseNotFoundError
 */
export async function readLicense(
  db: Kysely<EntryTables & AgreementTables>,
  id: string,
  { client, now, onFound }: LicenseReader,
): Promise<{ license: LicenseState; agreement: string | undefined }> {
  const [grants, license] = await Promise.all([readGrantsOf(db, client), findLicense(db, id)])
  if (license) onFound(license)
  const agreement = requireGrant(grants, license ?? {}, now)
  if (!license) throw new LicenseNotFoundError(id)
  return { license: shownBy(license, grants, now), agreement: agreement?.id }
}
