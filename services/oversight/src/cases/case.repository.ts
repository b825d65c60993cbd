import { type Kysely, type SqlBool, sql, type Transaction } from 'kysely'
import type { CaseTables } from './case.tables.ts'
import type { Case, CaseState } from './case.ts'

const COLUMNS = ['id', 'department', 'state', 'version', 'opened_at', 'updated_at'] as const

type Trx = Transaction<CaseTables>

export type Step = {
  action: 'opened' | 'finding-added' | 'moved' | 'measure-ordered'
  state: CaseState
  at: Date
  by: string
  reason: string
  detail: Record<string, unknown>
}

export async function insertCase(trx: Trx, subject: Case): Promise<void> {
  await trx
    .insertInto('oversight_case')
    .values({
      ...{ id: subject.id, department: subject.department, state: subject.state },
      ...{ version: subject.version, opened_at: subject.openedAt, updated_at: subject.updatedAt },
    })
    .execute()
}

export async function saveCase(trx: Trx, { id, state, version, updatedAt }: Case): Promise<void> {
  await trx
    .updateTable('oversight_case')
    .set({ state, version, updated_at: updatedAt })
    .where('id', '=', id)
    .execute()
}

export async function recordStep(trx: Trx, caseId: string, step: Step): Promise<void> {
  await trx
    .insertInto('case_step')
    .values({
      ...{ case_id: caseId, action: step.action, state: step.state, at: step.at },
      ...{ by_client: step.by, reason: step.reason, detail: JSON.stringify(step.detail) },
    })
    .execute()
}

/** Gives the case that has the finding already; undefined when it has been added to this one. */
export async function addFinding(
  trx: Trx,
  caseId: string,
  findingId: string,
): Promise<string | undefined> {
  const added = await trx
    .insertInto('case_finding')
    .values({ case_id: caseId, finding_id: findingId })
    .onConflict((conflict) => conflict.doNothing())
    .returning('case_id')
    .executeTakeFirst()
  return added ? undefined : findCaseOf(trx, findingId)
}

export async function findCaseOf(
  db: Kysely<CaseTables>,
  findingId: string,
): Promise<string | undefined> {
  const query = db.selectFrom('case_finding').select('case_id').where('finding_id', '=', findingId)
  return (await query.executeTakeFirst())?.case_id
}

export async function lockCase(trx: Trx, id: string): Promise<Case | undefined> {
  const query = trx.selectFrom('oversight_case').select(COLUMNS).where('id', '=', id).forUpdate()
  const row = await query.executeTakeFirst()
  return row && toCase(row)
}

/** The latest case of a department that is not decided, held until the transaction ends. */
export async function lockUndecidedCase(trx: Trx, department: string): Promise<Case | undefined> {
  const row = await trx
    .selectFrom('oversight_case')
    .select(COLUMNS)
    .where('department', '=', department)
    .where('state', 'in', ['open', 'investigating'])
    .orderBy('opened_at', 'desc')
    .limit(1)
    .forUpdate()
    .executeTakeFirst()
  return row && toCase(row)
}

export async function findCase(db: Kysely<CaseTables>, id: string): Promise<Case | undefined> {
  const query = db.selectFrom('oversight_case').select(COLUMNS).where('id', '=', id)
  const row = await query.executeTakeFirst()
  return row && toCase(row)
}

/** A page of cases, the latest first. */
export async function listCases(
  db: Kysely<CaseTables>,
  filter: { department?: string | undefined; state?: string | undefined },
  page: { before: { at: Date; id: string } | undefined; limit: number },
): Promise<Case[]> {
  let query = db.selectFrom('oversight_case').select(COLUMNS)
  if (filter.department !== undefined) query = query.where('department', '=', filter.department)
  if (filter.state !== undefined) query = query.where('state', '=', filter.state)
  if (page.before !== undefined)
    query = query.where(
      sql<SqlBool>`(opened_at, id) < (${page.before.at}::timestamptz, ${page.before.id}::uuid)`,
    )
  const ordered = query.orderBy('opened_at', 'desc').orderBy('id', 'desc').limit(page.limit)
  return (await ordered.execute()).map(toCase)
}

export async function listSteps(db: Kysely<CaseTables>, id: string): Promise<Step[]> {
  const rows = await db
    .selectFrom('case_step')
    .select(['action', 'state', 'at', 'by_client', 'reason', 'detail'])
    .where('case_id', '=', id)
    .orderBy('case_step.id')
    .execute()
  return rows.map((row) => ({
    ...{ action: row.action as Step['action'], state: row.state as CaseState, at: row.at },
    ...{ by: row.by_client, reason: row.reason, detail: row.detail as never },
  }))
}

export async function listFindingIds(db: Kysely<CaseTables>, id: string): Promise<string[]> {
  const query = db.selectFrom('case_finding').select('finding_id').where('case_id', '=', id)
  return (await query.execute()).map(({ finding_id }) => finding_id)
}

function toCase(row: {
  id: string
  department: string
  state: string
  version: number
  opened_at: Date
  updated_at: Date
}): Case {
  return {
    ...{ id: row.id, department: row.department, state: row.state as CaseState },
    ...{ version: row.version, openedAt: row.opened_at, updatedAt: row.updated_at },
  }
}
