import type { AccountState } from '@lexchange/nats-accounts'
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'

import type { NatsCredentialTables } from './nats-credential.tables.ts'
import type { NatsCredential } from './nats-credential.ts'

type Db = Kysely<NatsCredentialTables> | Transaction<NatsCredentialTables>

const ACCOUNT_LOCK = '6120914873300512907'
const COLUMNS = [
  ...(['id', 'department_id', 'public_key', 'issued_by'] as const),
  ...(['created_at', 'expires_at', 'revoked_at'] as const),
]

/** Replicas tell NATS one after the other, so that the last to do so knows all. */
export async function lockAccount(trx: Transaction<NatsCredentialTables>): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sql.lit(ACCOUNT_LOCK)}::bigint)`.execute(trx)
}

/** Two credentials of a department are issued one after the other, so that the most are not exceeded. */
export async function lockDepartment(
  trx: Transaction<NatsCredentialTables>,
  id: string,
): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${id}, 3))`.execute(trx)
}

export async function insertCredential(
  trx: Transaction<NatsCredentialTables>,
  credential: Omit<NatsCredential, 'revokedAt'>,
): Promise<void> {
  await trx
    .insertInto('nats_credential')
    .values({
      id: credential.id,
      department_id: credential.departmentId,
      public_key: credential.publicKey,
      issued_by: credential.issuedBy,
      created_at: credential.createdAt,
      expires_at: credential.expiresAt,
    })
    .execute()
}

export async function listCredentials(
  db: Db,
  departmentId: string,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<NatsCredential[]> {
  const rows = await db
    .selectFrom('nats_credential')
    .select(COLUMNS)
    .where('department_id', '=', departmentId)
    .$if(after !== undefined, (query) => query.where('id', '>', after as string))
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(toCredential)
}

export async function lockCredential(
  trx: Transaction<NatsCredentialTables>,
  departmentId: string,
  id: string,
): Promise<NatsCredential | undefined> {
  const row = await trx
    .selectFrom('nats_credential')
    .select(COLUMNS)
    .where('department_id', '=', departmentId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row && toCredential(row)
}

/** When those that have not expired do, the first to do so first. */
export async function listExpiries(db: Db, departmentId: string, now: Date): Promise<Date[]> {
  const rows = await db
    .selectFrom('nats_credential')
    .select('expires_at')
    .where('department_id', '=', departmentId)
    .where('expires_at', '>', now)
    .orderBy('expires_at')
    .execute()
  return rows.map(({ expires_at }) => expires_at)
}

export async function markRevoked(
  trx: Transaction<NatsCredentialTables>,
  ids: readonly string[],
  by: string,
  now: Date,
): Promise<void> {
  if (ids.length === 0) return
  await trx
    .updateTable('nats_credential')
    .set({ revoked_at: now, revoked_by: by })
    .where('id', 'in', ids)
    .where('revoked_at', 'is', null)
    .execute()
}

/** Those that would let somebody in. */
export async function listLive(db: Db, now: Date): Promise<NatsCredential[]> {
  const rows = await selectLive(db, now).orderBy('id').execute()
  return rows.map(toCredential)
}

/** Those that would let a suspended department in. */
export async function listLiveOfSuspended(db: Db, now: Date): Promise<NatsCredential[]> {
  const suspended = sql<string>`(select id from directory_entry
    where kind = 'department' and data ->> 'state' = 'suspended')`
  const rows = await selectLive(db, now).where('department_id', 'in', suspended).execute()
  return rows.map(toCredential)
}

function selectLive(db: Db, now: Date) {
  return db
    .selectFrom('nats_credential')
    .select(COLUMNS)
    .where('expires_at', '>', now)
    .where('revoked_at', 'is', null)
}

/** What the claims of the NATS account have to say. */
export async function readAccountState(db: Db, now: Date): Promise<AccountState> {
  const { rows: departments } = await sql<{ id: string; consumers: string[] }>`
    select each.department_id as id, coalesce(
      (select json_agg(subscription.id order by subscription.id) from subscription
        where subscription.department_id = each.department_id and kind = 'jetstream'),
      '[]') as consumers
    from nats_credential each
    where expires_at > ${now} and revoked_at is null
    group by each.department_id
    order by each.department_id`.execute(db)
  const revoked = await db
    .selectFrom('nats_credential')
    .select(['public_key', 'expires_at'])
    .where('expires_at', '>', now)
    .where('revoked_at', 'is not', null)
    .orderBy('public_key')
    .execute()
  return {
    departments,
    // Whatever is signed for this user until its end is refused: it may be signed again to be shown again.
    revoked: revoked.map(({ public_key, expires_at }) => ({
      publicKey: public_key,
      until: expires_at.getTime() / 1000,
    })),
  }
}

type Row = Pick<Selectable<NatsCredentialTables['nats_credential']>, (typeof COLUMNS)[number]>

function toCredential(row: Row): NatsCredential {
  return {
    id: row.id,
    departmentId: row.department_id,
    publicKey: row.public_key,
    issuedBy: row.issued_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  }
}
