import type { AgreementTerms } from '@lexchange/contracts'
import type { Kysely, Selectable, Transaction } from 'kysely'

import type { AgreementTables } from './agreement.tables.ts'
import type { Agreement, AgreementState, AgreementVersion, Decision } from './agreement.ts'

const COLUMNS = [
  'id',
  'department_id',
  'state',
  'reason',
  'revision',
  'last_version',
  'created_at',
  'updated_at',
] as const

const VERSION_COLUMNS = [
  'agreement_version.agreement_id',
  'agreement_version.version',
  'agreement_version.state',
  'agreement_version.terms',
  'agreement_version.drafted_by',
  'agreement_version.drafted_at',
  'agreement_version.approved_by',
  'agreement_version.approved_at',
] as const

type Row = Selectable<AgreementTables['agreement']>
type VersionRow = Selectable<AgreementTables['agreement_version']>

/** Two decisions on one agreement follow each other. */
export async function lockAgreement(
  trx: Transaction<AgreementTables>,
  id: string,
): Promise<Agreement | undefined> {
  const row = await trx
    .selectFrom('agreement')
    .select(COLUMNS)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row && (await withVersions(trx, [row]))[0]
}

export async function findAgreement(
  db: Kysely<AgreementTables>,
  id: string,
): Promise<Agreement | undefined> {
  const row = await db
    .selectFrom('agreement')
    .select(COLUMNS)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && (await withVersions(db, [row]))[0]
}

export async function listAgreements(
  db: Kysely<AgreementTables>,
  departmentId: string | undefined,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<Agreement[]> {
  const rows = await db
    .selectFrom('agreement')
    .select(COLUMNS)
    .$if(departmentId !== undefined, (query) =>
      query.where('department_id', '=', departmentId as string),
    )
    .$if(after !== undefined, (query) => query.where('id', '>', after as string))
    .orderBy('id')
    .limit(limit)
    .execute()
  return withVersions(db, rows)
}

/** Every version there ever was, oldest first. */
export async function listVersions(
  db: Kysely<AgreementTables>,
  id: string,
  { after, limit }: { after: number; limit: number },
): Promise<AgreementVersion[]> {
  const rows = await db
    .selectFrom('agreement_version')
    .select(VERSION_COLUMNS)
    .where('agreement_id', '=', id)
    .where('version', '>', after)
    .orderBy('version')
    .limit(limit)
    .execute()
  return rows.map(toVersion)
}

/** Returns false when the id is taken. */
export async function insertAgreement(
  trx: Transaction<AgreementTables>,
  { agreement, versions }: Decision,
): Promise<boolean> {
  const inserted = await trx
    .insertInto('agreement')
    .values(toRow(agreement))
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  if (inserted) await saveVersions(trx, agreement.id, versions)
  return inserted !== undefined
}

export async function updateAgreement(
  trx: Transaction<AgreementTables>,
  { agreement, versions }: Decision,
): Promise<void> {
  const { id, ...row } = toRow(agreement)
  await trx.updateTable('agreement').set(row).where('id', '=', id).execute()
  await saveVersions(trx, id, versions)
}

/** One by one, in the order given: what leaves a state comes before what takes its place. */
async function saveVersions(
  trx: Transaction<AgreementTables>,
  agreementId: string,
  versions: readonly AgreementVersion[],
): Promise<void> {
  for (const { version, state, terms, draftedBy, draftedAt, approvedBy, approvedAt } of versions) {
    const decided = { state, approved_by: approvedBy, approved_at: approvedAt }
    await trx
      .insertInto('agreement_version')
      .values({
        agreement_id: agreementId,
        version,
        terms: JSON.stringify(terms),
        drafted_by: draftedBy,
        drafted_at: draftedAt,
        ...decided,
      })
      .onConflict((conflict) => conflict.columns(['agreement_id', 'version']).doUpdateSet(decided))
      .execute()
  }
}

async function withVersions(db: Kysely<AgreementTables>, rows: Row[]): Promise<Agreement[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const found = await db
    .selectFrom('agreement_version')
    .innerJoin('agreement', 'agreement.id', 'agreement_version.agreement_id')
    .select(VERSION_COLUMNS)
    .where('agreement_id', 'in', ids)
    .where((eb) =>
      eb.or([
        eb('agreement_version.state', 'in', ['draft', 'approved']),
        eb('version', '=', eb.ref('agreement.last_version')),
      ]),
    )
    .execute()
  return rows.map((row) =>
    toAgreement(row, found.filter((version) => version.agreement_id === row.id).map(toVersion)),
  )
}

function toRow(agreement: Agreement): Row {
  return {
    id: agreement.id,
    department_id: agreement.departmentId,
    state: agreement.state,
    reason: agreement.reason,
    revision: agreement.revision,
    last_version: agreement.latest.version,
    created_at: agreement.createdAt,
    updated_at: agreement.updatedAt,
  }
}

function toAgreement(row: Row, versions: readonly AgreementVersion[]): Agreement {
  const latest = versions.find(({ version }) => version === row.last_version)
  if (!latest) throw new Error(`Agreement ${row.id} lacks its version ${row.last_version}`)
  return {
    id: row.id,
    departmentId: row.department_id,
    state: row.state as AgreementState,
    reason: row.reason,
    revision: row.revision,
    latest,
    inForce: versions.find(({ state }) => state === 'approved') ?? null,
    draft: versions.find(({ state }) => state === 'draft') ?? null,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

function toVersion(row: VersionRow): AgreementVersion {
  return {
    version: row.version,
    state: row.state as AgreementVersion['state'],
    terms: row.terms as AgreementTerms,
    draftedBy: row.drafted_by,
    draftedAt: row.drafted_at,
    approvedBy: row.approved_by,
    approvedAt: row.approved_at,
  }
}
