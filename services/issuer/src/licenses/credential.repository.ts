import { type Kysely, sql, type Transaction } from 'kysely'

import type { LicenseTables } from './license.tables.ts'
import { issuedAtOf, withoutDisclosures } from './license-version.repository.ts'
import type { SignedIntent } from './signing-intent.ts'

export type StoredCredential = {
  /** Without disclosures, unless it is from before they were sealed. */
  credential: string
  version: number
  issue: number
  sealed: string | null
  wrappedKey: string | null
}

/** The credential of a license's current version. */
export async function findCredential(
  db: Kysely<LicenseTables> | Transaction<LicenseTables>,
  licenseId: string,
): Promise<StoredCredential | undefined> {
  const { rows } = await sql<StoredCredential>`
    select credential.credential, credential.version, credential.issue, credential.sealed,
      license.data_key as "wrappedKey" from license
    join credential on credential.license_id = license.id and credential.version = license.version
      and credential.superseded_at is null
    where license.id = ${licenseId}`.execute(db)
  return rows[0]
}

/** Replaces the credential of a version by another one of the same version. */
export async function replaceCredential(
  trx: Transaction<LicenseTables>,
  { license, kid, credential, draft, sealed }: SignedIntent,
  at: Date,
): Promise<void> {
  const { id, state } = license
  // A statement of its own: the parts of one have no order, and only one credential may be in force.
  await sql`
    update credential set superseded_at = ${at}
    where license_id = ${id} and version = ${state.version} and superseded_at is null`.execute(trx)
  await sql`
    insert into credential (license_id, version, issue, kid, credential, sealed, issued_at)
    select ${id}, ${state.version}, coalesce(max(issue), 0) + 1, ${kid},
      ${withoutDisclosures(credential)}, ${sealed?.disclosures ?? null}::text,
      ${issuedAtOf(draft)}::timestamptz
    from credential where license_id = ${id} and version = ${state.version}`.execute(trx)
}

/**
 * Licenses whose present version has no credential that is trusted: none at all, because it is older than
 * credentials, or one that a key signed after it was compromised.
 */
export async function listWithoutTrustedCredential(
  db: Kysely<LicenseTables>,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<{ id: string; authorityId: string }[]> {
  const from = after ?? '00000000-0000-0000-0000-000000000000'
  const { rows } = await sql<{ id: string; authorityId: string }>`
    select license.id, license.authority_id as "authorityId" from license
    where status_list_id is null and license.id > ${from}
    union all
    select license.id, license.authority_id from signing_key
    join credential on credential.kid = signing_key.kid and credential.superseded_at is null
      and credential.issued_at >= signing_key.compromised_since
    join license on license.id = credential.license_id and license.version = credential.version
    where signing_key.compromised_since is not null and license.id > ${from}
    order by id limit ${limit}`.execute(db)
  return rows
}

/** How many credentials of present versions a key has signed, and how many of them are not trusted. */
export async function countCredentials(
  db: Kysely<LicenseTables>,
  kid: string,
): Promise<{ signed: number; distrusted: number }> {
  const { rows } = await sql<{ signed: string; distrusted: string }>`
    select count(*) as signed,
      count(*) filter (where credential.issued_at >= signing_key.compromised_since) as distrusted
    from credential
    join license on license.id = credential.license_id and license.version = credential.version
    join signing_key on signing_key.kid = credential.kid
    where credential.kid = ${kid} and credential.superseded_at is null`.execute(db)
  const [row] = rows
  return { signed: Number(row?.signed ?? 0), distrusted: Number(row?.distrusted ?? 0) }
}
