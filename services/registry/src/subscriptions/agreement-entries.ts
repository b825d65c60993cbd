import type { AgreementEntry } from '@lexchange/contracts'
import { type Kysely, sql, type Transaction } from 'kysely'

import type { DirectoryTables } from '../directory/index.ts'

/** Agreements as they are announced; drafts grant nothing and are not among them. */
export async function listAgreementEntries(
  db: Kysely<DirectoryTables> | Transaction<DirectoryTables>,
  departmentId?: string,
): Promise<AgreementEntry[]> {
  const rows = await db
    .selectFrom('directory_entry')
    .select(['data', 'revision'])
    .where('kind', '=', 'agreement')
    .$if(departmentId !== undefined, (query) =>
      query.where(sql`data ->> 'departmentId'`, '=', departmentId),
    )
    .orderBy('id')
    .execute()
  return rows.map(({ data, revision }) => ({ ...(data as object), revision }) as AgreementEntry)
}

export async function listSuspendedDepartments(db: Kysely<DirectoryTables>): Promise<Set<string>> {
  const rows = await db
    .selectFrom('directory_entry')
    .select('id')
    .where('kind', '=', 'department')
    .where(sql`data ->> 'state'`, '=', 'suspended')
    .execute()
  return new Set(rows.map(({ id }) => id))
}
