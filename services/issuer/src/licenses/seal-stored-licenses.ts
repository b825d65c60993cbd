import type { KeyEncryption } from '@lexchange/encryption'
import type { Claims, Holder } from '@lexchange/license'
import { type Kysely, sql, type Transaction } from 'kysely'

import { type DataKey, makeDataKey } from '../sealing/index.ts'
import { lockLicenseById, saveDataKey } from './license.repository.ts'
import type { LicenseTables } from './license.tables.ts'
import type { License } from './license.ts'
import { withoutDisclosures } from './license-version.repository.ts'
import { openLicense } from './open-license.ts'
import { sealDisclosures } from './sealed-intent.ts'
import { hasSensitiveFields, publicState, sealFields } from './sealed-state.ts'

export type StoredDeps = { db: Kysely<LicenseTables>; keys: KeyEncryption }

const BATCH = 100

/**
 * Seals what licenses from before claims were sealed have in the clear, each in a transaction of its own. A
 * license with a command under way is left for the next time. docs/flows/seal-stored-licenses.md
 * @returns how many were sealed.
 */
export async function sealStoredLicenses(deps: StoredDeps, limit = BATCH): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    select id from license where not claims_sealed
      and not exists (select from signing_intent where license_id = license.id)
    limit ${limit}`.execute(deps.db)
  let sealed = 0
  for (const { id } of rows)
    if (await deps.db.transaction().execute((trx) => sealLicense(trx, deps.keys, id))) sealed++
  return sealed
}

type StoredVersion = { version: number; holder: Holder; claims: Claims; sealed: unknown }
type StoredText = { version: number; issue: number; credential: string; sealed: string | null }

async function sealLicense(
  trx: Transaction<LicenseTables>,
  keys: KeyEncryption,
  id: string,
): Promise<boolean> {
  const stored = await lockLicenseById(trx, id)
  // An intent made since has a data key of its own.
  const busy = await sql`select from signing_intent where license_id = ${id}`.execute(trx)
  if (!stored || busy.rows.length > 0) return false
  const present = await openLicense(keys, stored)
  const versions = await readVersions(trx, id)
  const license = await withDataKey(keys, present, versions)
  await saveDataKey(trx, license)
  const states = versions.map(({ version, holder, claims }) => ({
    ...license,
    state: { ...license.state, version, holder, claims },
  }))
  for (const [index, each] of states.entries())
    if (versions[index]?.sealed === null) await saveSealedVersion(trx, each)
  for (const each of await readCredentials(trx, id))
    if (license.dataKey && each.sealed === null)
      await saveSealedCredential(trx, id, license.dataKey, each)
  await sql`
    update license set claims_sealed = true, holder = version.holder, claims = version.claims,
      sealed = version.sealed
    from license_version as version
    where license.id = ${id} and version.license_id = license.id
      and version.version = license.version`.execute(trx)
  return true
}

/** Any of its versions may have what has to be sealed. */
async function withDataKey(
  keys: KeyEncryption,
  license: License,
  versions: readonly StoredVersion[],
): Promise<License> {
  const needed = versions.some(({ holder, claims }) =>
    hasSensitiveFields({ type: license.type, state: { ...license.state, holder, claims } }),
  )
  if (license.dataKey || !needed) return license
  return { ...license, dataKey: await makeDataKey(keys, license.id) }
}

async function readVersions(trx: Transaction<LicenseTables>, id: string): Promise<StoredVersion[]> {
  const rows = await trx
    .selectFrom('license_version')
    .select(['version', 'holder', 'claims', 'sealed'])
    .where('license_id', '=', id)
    .execute()
  return rows as StoredVersion[]
}

async function readCredentials(trx: Transaction<LicenseTables>, id: string): Promise<StoredText[]> {
  return trx
    .selectFrom('credential')
    .select(['version', 'issue', 'credential', 'sealed'])
    .where('license_id', '=', id)
    .execute()
}

async function saveSealedVersion(trx: Transaction<LicenseTables>, license: License): Promise<void> {
  if (!license.dataKey || !hasSensitiveFields(license)) return
  const shown = publicState(license)
  await trx
    .updateTable('license_version')
    .set({
      holder: JSON.stringify(shown.holder),
      claims: JSON.stringify(shown.claims),
      sealed: JSON.stringify(sealFields(license, license.dataKey.key)),
    })
    .where('license_id', '=', license.id)
    .where('version', '=', license.state.version)
    .execute()
}

async function saveSealedCredential(
  trx: Transaction<LicenseTables>,
  licenseId: string,
  { key }: DataKey,
  { version, issue, credential }: StoredText,
): Promise<void> {
  const disclosures = credential.split('~').slice(1, -1)
  if (disclosures.length === 0) return
  await trx
    .updateTable('credential')
    .set({
      credential: withoutDisclosures(credential),
      sealed: sealDisclosures({ licenseId, version }, key, disclosures),
    })
    .where('license_id', '=', licenseId)
    .where('version', '=', version)
    .where('issue', '=', issue)
    .execute()
}
