import { sql, type Transaction } from 'kysely'

import { type AuthorityKeySet, mergeAuthorityKeys } from './authority-keys.ts'
import { DirectoryEntryInvalidError, DirectoryEntryNotFoundError } from './directory.errors.ts'
import { findEntry, findKeysOwner } from './directory.repository.ts'
import type { DirectoryTables } from './directory.tables.ts'
import type { Entry } from './entry.ts'
import { publishEntry } from './publish-entry.ts'
import type { Act } from './register-entry.ts'

/** docs/flows/set-authority-keys.md @throws DirectoryEntryNotFoundError, DirectoryEntryInvalidError */
export async function setAuthorityKeys(
  trx: Transaction<DirectoryTables>,
  id: string,
  keys: AuthorityKeySet,
  act: Act,
): Promise<Entry<'authority-keys'>> {
  const authority = await findEntry(trx, 'authority', id)
  if (!authority) throw new DirectoryEntryNotFoundError('authority', id)
  // There is no row to lock before the first time, and no two authorities may take one issuer at once.
  await sql`select pg_advisory_xact_lock(hashtextextended('authority-keys', 2))`.execute(trx)
  const owner = await findKeysOwner(trx, keys.issuer)
  // Whose keys are found by this issuer decides which credentials are genuine.
  if (owner !== undefined && owner !== id)
    throw new DirectoryEntryInvalidError('/issuer', 'is the issuer of another authority')
  const known = await findEntry(trx, 'authority-keys', id)
  const data = { id, ...mergeAuthorityKeys(keys, known?.data) }
  return publishEntry(trx, 'authority-keys', data, act)
}
