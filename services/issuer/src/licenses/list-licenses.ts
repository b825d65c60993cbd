import type { LicenseEvent, LicenseSnapshotVersion } from '@lexchange/contracts'
import { type Claims, getLicenseType, type LicenseStatus, publicClaims } from '@lexchange/license'
import { type Kysely, sql } from 'kysely'

import { COLUMNS, toLicense } from './license.repository.ts'
import type { LicenseTables } from './license.tables.ts'
import type { AnyLicense, StoredLicense } from './license.ts'

/** Licenses of all authorities after a type, number and id, in the byte order of those. */
export async function listLicenses(
  db: Kysely<LicenseTables>,
  after: readonly [type: string, number: string, id: string] | undefined,
  limit: number,
): Promise<StoredLicense[]> {
  const rows = await db
    .selectFrom('license')
    .select(COLUMNS)
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(type, number, id) > (${after?.[0]}, ${after?.[1]}, ${after?.[2]}::uuid)`,
      ),
    )
    .orderBy('type')
    .orderBy('number')
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(toLicense)
}

/** All versions of licenses by license, oldest first, with their public claims only. */
export async function listVersions(
  db: Kysely<LicenseTables>,
  licenses: readonly AnyLicense[],
): Promise<Map<string, LicenseSnapshotVersion[]>> {
  const ids = licenses.map(({ id }) => id)
  const typeOf = new Map(licenses.map(({ id, type }) => [id, getLicenseType(type)]))
  const versions = new Map<string, LicenseSnapshotVersion[]>(ids.map((id) => [id, []]))
  if (ids.length === 0) return versions
  const rows = await db
    .selectFrom('license_version')
    .select([
      'license_id',
      'version',
      'event',
      'status',
      'valid_from',
      'valid_until',
      'effective_at',
      'claims',
      'sealed_announced',
    ])
    .where(sql<boolean>`license_id = any(${ids}::uuid[])`)
    .orderBy('license_id')
    .orderBy('version')
    .execute()
  for (const row of rows) {
    const licenseType = typeOf.get(row.license_id)
    if (!licenseType) continue
    versions.get(row.license_id)?.push({
      version: row.version,
      event: row.event as LicenseEvent,
      status: row.status as LicenseStatus,
      validFrom: row.valid_from.toISOString(),
      validUntil: row.valid_until?.toISOString() ?? null,
      effectiveAt: row.effective_at.toISOString(),
      claims: publicClaims(licenseType, row.claims as Claims),
      ...(row.sealed_announced && { sealed: true as const }),
    })
  }
  return versions
}
