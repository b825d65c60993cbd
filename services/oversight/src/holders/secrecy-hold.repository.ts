import type { LegalBasis } from '@lexchange/contracts'
import { type Kysely, type SqlBool, sql, type Transaction } from 'kysely'
import type { Static } from 'typebox'

import type { HoldTables } from './secrecy-hold.tables.ts'

export type SecrecyHold = {
  id: string
  department: string | null
  caseRef: string | null
  agreement: string | null
  until: Date
  legalBasis: Static<typeof LegalBasis>
  createdAt: Date
  createdBy: string
  endedAt: Date | null
  endedBy: string | null
}

const COLUMNS = [
  ...(['id', 'department', 'case_ref', 'agreement', 'until', 'legal_basis'] as const),
  ...(['created_at', 'created_by', 'ended_at', 'ended_by'] as const),
] as const

export async function insertHold(trx: Transaction<HoldTables>, hold: SecrecyHold): Promise<void> {
  await trx
    .insertInto('secrecy_hold')
    .values({
      ...{ id: hold.id, department: hold.department, case_ref: hold.caseRef },
      ...{ agreement: hold.agreement, until: hold.until },
      legal_basis: JSON.stringify(hold.legalBasis),
      ...{ created_at: hold.createdAt, created_by: hold.createdBy },
      ...{ ended_at: hold.endedAt, ended_by: hold.endedBy },
    })
    .execute()
}

export async function lockHold(
  trx: Transaction<HoldTables>,
  id: string,
): Promise<SecrecyHold | undefined> {
  const query = trx.selectFrom('secrecy_hold').select(COLUMNS).where('id', '=', id).forUpdate()
  const row = await query.executeTakeFirst()
  return row && toHold(row)
}

export async function endHold(
  trx: Transaction<HoldTables>,
  id: string,
  at: Date,
  by: string,
): Promise<void> {
  await trx
    .updateTable('secrecy_hold')
    .set({ ended_at: at, ended_by: by })
    .where('id', '=', id)
    .execute()
}

/** A page of holds, the latest first. */
export async function listHolds(
  db: Kysely<HoldTables>,
  page: { before: { at: Date; id: string } | undefined; limit: number },
): Promise<SecrecyHold[]> {
  let query = db.selectFrom('secrecy_hold').select(COLUMNS)
  if (page.before !== undefined)
    query = query.where(
      sql<SqlBool>`(created_at, id) < (${page.before.at}::timestamptz, ${page.before.id}::uuid)`,
    )
  const ordered = query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(page.limit)
  return (await ordered.execute()).map(toHold)
}

function toHold(row: {
  id: string
  department: string | null
  case_ref: string | null
  agreement: string | null
  until: Date
  legal_basis: unknown
  created_at: Date
  created_by: string
  ended_at: Date | null
  ended_by: string | null
}): SecrecyHold {
  return {
    ...{ id: row.id, department: row.department, caseRef: row.case_ref },
    ...{ agreement: row.agreement, until: row.until },
    legalBasis: row.legal_basis as SecrecyHold['legalBasis'],
    ...{ createdAt: row.created_at, createdBy: row.created_by },
    ...{ endedAt: row.ended_at, endedBy: row.ended_by },
  }
}
