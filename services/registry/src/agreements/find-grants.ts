import type { AgreementEntry } from '@lexchange/contracts'
import { type Kysely, sql } from 'kysely'

import type { AgreementTables } from './agreement.tables.ts'

/** The agreements of a department as DIRECTORY carries them, ordered by id. */
export async function findGrants(
  db: Kysely<AgreementTables>,
  departmentId: string,
): Promise<AgreementEntry[]> {
  const rows = await db
    .selectFrom('directory_entry')
    .select(['data', 'revision'])
    .where('kind', '=', 'agreement')
    .where(sql`data ->> 'departmentId'`, '=', departmentId)
    .orderBy('id')
    .execute()
  return rows.map(({ data, revision }) => ({ ...(data as AgreementEntry), revision }))
}
