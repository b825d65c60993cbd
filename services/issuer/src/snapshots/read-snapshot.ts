import type { LicenseSnapshot } from '@lexchange/contracts'
import { type ControlledTransaction, type Kysely, sql } from 'kysely'

import {
  identifierOf,
  type LicenseTables,
  listLicenses,
  listVersions,
  publicHolder,
} from '../licenses/index.ts'

type Trx = ControlledTransaction<LicenseTables>

const PAGE = 1_000

/**
 * All licenses as of one moment, sorted by type, number and id in byte order, page by page: memory
 * does not grow with their number. docs/flows/read-snapshot.md
 */
export async function* readSnapshot(db: Kysely<LicenseTables>): AsyncGenerator<string> {
  const trx = await db
    .startTransaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute()
  try {
    // A slow reader is no reason to give up; one that is gone ends the transaction at once.
    await sql`set local idle_in_transaction_session_timeout = '15min'`.execute(trx)
    let last: LicenseSnapshot | undefined
    do {
      const licenses: LicenseSnapshot[] = await readPage(trx, last)
      if (licenses.length > 0) yield `${licenses.map((one) => JSON.stringify(one)).join('\n')}\n`
      last = licenses.length === PAGE ? licenses.at(-1) : undefined
    } while (last)
  } finally {
    await trx.rollback().execute()
  }
}

async function readPage(trx: Trx, after: LicenseSnapshot | undefined): Promise<LicenseSnapshot[]> {
  const licenses = await listLicenses(
    trx,
    after && [after.type, after.number, after.licenseId],
    PAGE,
  )
  const versions = await listVersions(trx, licenses)
  return licenses.map((license) => ({
    licenseId: license.id,
    identifier: identifierOf(license),
    type: license.type,
    number: license.number,
    holder: publicHolder(license.state.holder),
    authority: { id: license.authority.id, name: license.authority.name },
    region: license.region,
    issuedAt: license.issuedAt.toISOString(),
    versions: versions.get(license.id) ?? [],
  }))
}
