import type { LicenseSnapshot, LicenseSnapshotVersion } from '@lexchange/contracts'
import { type ControlledTransaction, type Kysely, sql } from 'kysely'

import type { EntryTables } from '../entries/index.ts'
import { beginSnapshot, type Snapshot } from './begin-snapshot.ts'

const PAGE = 1_000

/**
 * All licenses as of one moment, sorted by type, number and id in byte order, page by page: memory
 * does not grow with their number. docs/flows/read-snapshot.md
 */
export function readSnapshot(db: Kysely<EntryTables>): Promise<Snapshot> {
  return beginSnapshot(db, sql`select count(*) as count from entry`, readLines)
}

async function* readLines(trx: ControlledTransaction<EntryTables>): AsyncGenerator<string> {
  let last: LicenseSnapshot | undefined
  do {
    const licenses: LicenseSnapshot[] = await readPage(trx, last)
    if (licenses.length > 0) yield `${licenses.map((l) => JSON.stringify(l)).join('\n')}\n`
    last = licenses.length === PAGE ? licenses.at(-1) : undefined
  } while (last)
}

async function readPage(
  trx: ControlledTransaction<EntryTables>,
  after: LicenseSnapshot | undefined,
): Promise<LicenseSnapshot[]> {
  const rows = await trx
    .selectFrom('entry')
    .select([
      'id',
      'identifier',
      'type',
      'number',
      'holder',
      'authority_id',
      'authority_name',
      'region',
      'issued_at',
    ])
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(type, number, id) > (${after?.type}, ${after?.number}, ${after?.licenseId}::uuid)`,
      ),
    )
    .orderBy('type')
    .orderBy('number')
    .orderBy('id')
    .limit(PAGE)
    .execute()
  const versions = await readVersions(
    trx,
    rows.map(({ id }) => id),
  )
  return rows.map((row) => ({
    licenseId: row.id,
    identifier: row.identifier,
    type: row.type,
    number: row.number,
    holder: row.holder as LicenseSnapshot['holder'],
    authority: { id: row.authority_id, name: row.authority_name },
    region: row.region,
    issuedAt: row.issued_at.toISOString(),
    versions: versions.get(row.id) ?? [],
  }))
}

async function readVersions(
  trx: ControlledTransaction<EntryTables>,
  ids: readonly string[],
): Promise<Map<string, LicenseSnapshotVersion[]>> {
  const versions = new Map<string, LicenseSnapshotVersion[]>()
  if (ids.length === 0) return versions
  const rows = await trx
    .selectFrom('entry_version')
    .select([
      'license_id',
      'version',
      'event',
      'status',
      'valid_from',
      'valid_until',
      'effective_at',
      'claims',
      'sealed',
    ])
    .where(sql<boolean>`license_id = any(${ids}::uuid[])`)
    .orderBy('license_id')
    .orderBy('version')
    .execute()
  for (const row of rows) {
    const version = {
      version: row.version,
      event: row.event,
      status: row.status,
      validFrom: row.valid_from.toISOString(),
      validUntil: row.valid_until?.toISOString() ?? null,
      effectiveAt: row.effective_at.toISOString(),
      claims: row.claims,
      ...(row.sealed && { sealed: true }),
    } as LicenseSnapshotVersion
    const known = versions.get(row.license_id)
    if (known) known.push(version)
    else versions.set(row.license_id, [version])
  }
  return versions
}
