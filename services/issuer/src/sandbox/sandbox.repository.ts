import { type Kysely, sql } from 'kysely'

import type { LicenseTables } from '../licenses/index.ts'
import { SANDBOX_PREFIX } from './holder.ts'

/** The authority of a license of a made-up company; undefined for any other license. */
export async function findSandboxAuthority(
  db: Kysely<LicenseTables>,
  licenseId: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('license')
    .select('authority_id')
    .where('id', '=', licenseId)
    .where(
      sql<boolean>`holder ->> 'kind' = 'enterprise' and starts_with(holder ->> 'uscc', ${SANDBOX_PREFIX})`,
    )
    .executeTakeFirst()
  return row?.authority_id
}
