import { type Kysely, sql, type Transaction } from 'kysely'

import type { StatusListTables } from './status-list.tables.ts'

export type StatusListToken = { kid: string; token: string; signedAt: Date; expiresAt: Date }

/** Takes the next indexes of an authority's pool; undefined where no list of it has any left. */
export async function takeIndexes(
  db: Kysely<StatusListTables>,
  authorityId: string,
  count: number,
): Promise<{ listId: string; indexes: Buffer } | undefined> {
  const { rows } = await sql<{ id: string; indexes: Buffer }>`
    with list as (
      select id, taken, size from status_list
      where authority_id = ${authorityId} and taken < size
      order by created_at limit 1 for update
    ), moved as (
      update status_list set taken = least(list.taken + ${count}::integer, list.size)
      from list where status_list.id = list.id
      returning status_list.id, list.taken as first, status_list.taken as next
    )
    select moved.id, substring(pool.indexes from first * 4 + 1 for (next - first) * 4) as indexes
    from moved join status_list_pool as pool on pool.list_id = moved.id`.execute(db)
  const [row] = rows
  return row && { listId: row.id, indexes: row.indexes }
}

/** Two processes that find no list left make one between them. */
export async function lockLists(
  trx: Transaction<StatusListTables>,
  authorityId: string,
): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`status-lists ${authorityId}`}, 4))`.execute(
    trx,
  )
}

export async function hasIndexesLeft(
  db: Kysely<StatusListTables>,
  authorityId: string,
): Promise<boolean> {
  const found = await db
    .selectFrom('status_list')
    .select('id')
    .where('authority_id', '=', authorityId)
    .whereRef('taken', '<', 'size')
    .executeTakeFirst()
  return found !== undefined
}

export async function insertList(
  trx: Transaction<StatusListTables>,
  list: { id: string; authorityId: string; createdAt: Date },
  indexes: Uint32Array,
): Promise<void> {
  const { id, authorityId, createdAt } = list
  await trx
    .insertInto('status_list')
    .values({ id, authority_id: authorityId, size: indexes.length, created_at: createdAt })
    .execute()
  const bytes = Buffer.from(indexes.buffer, indexes.byteOffset, indexes.byteLength)
  await trx.insertInto('status_list_pool').values({ list_id: id, indexes: bytes }).execute()
  await noteStatusChanges(trx, [{ listId: id, licenseId: null }])
}

/** What the next tokens have to take in; commits with the change itself. */
export async function noteStatusChanges(
  trx: Transaction<StatusListTables>,
  changes: readonly { listId: string; licenseId: string | null }[],
): Promise<void> {
  if (changes.length === 0) return
  await trx
    .insertInto('status_change')
    .values(changes.map(({ listId, licenseId }) => ({ list_id: listId, license_id: licenseId })))
    .execute()
}

/**
 * Lists whose token was never made, ends soon or is of a key that is not trusted any more, and those that
 * lack something, unless they were signed just now (not: later than now, by a clock that was set back).
 */
export async function listDue(
  db: Kysely<StatusListTables>,
  { at, endingBefore, signedBefore }: { at: Date; endingBefore: Date; signedBefore: Date },
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select list.id from status_list as list
    left join status_list_token as token on token.list_id = list.id
    left join signing_key on signing_key.kid = token.kid
    where token.list_id is null or token.expires_at < ${endingBefore}
      or signing_key.compromised_since is not null
      or ((token.signed_at < ${signedBefore} or token.signed_at > ${at})
        and exists (select from status_change where list_id = list.id))`.execute(db)
  return rows.map(({ id }) => id)
}

export async function listIds(db: Kysely<StatusListTables>): Promise<string[]> {
  const rows = await db.selectFrom('status_list').select('id').orderBy('created_at').execute()
  return rows.map(({ id }) => id)
}

/** False while another process signs this list. */
export async function lockList(
  trx: Transaction<StatusListTables>,
  listId: string,
): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${listId}, 5)) as locked`.execute(trx)
  return rows[0]?.locked ?? false
}

export async function findList(db: Kysely<StatusListTables>, listId: string) {
  return db
    .selectFrom('status_list')
    .select(['id', 'authority_id', 'size'])
    .where('id', '=', listId)
    .executeTakeFirst()
}

/** Entries of a list that are not active, with their licenses. */
export async function listSet(
  db: Kysely<StatusListTables>,
  listId: string,
): Promise<{ index: number; status: string }[]> {
  const { rows } = await sql<{ index: number; status: string }>`
    select status_index as index, status from license
    where status_list_id = ${listId} and status <> 'active'`.execute(db)
  return rows
}

/** Changes of a list that no token has yet. */
export async function listPending(db: Kysely<StatusListTables>, listId: string) {
  const { rows } = await sql<{ id: string; created_at: Date; index: number | null }>`
    select change.id, change.created_at, license.status_index as index
    from status_change as change left join license on license.id = change.license_id
    where change.list_id = ${listId}`.execute(db)
  return rows
}

export async function saveToken(
  trx: Transaction<StatusListTables>,
  listId: string,
  { kid, token, signedAt, expiresAt }: StatusListToken,
  changes: readonly string[],
): Promise<void> {
  const row = { list_id: listId, kid, token, signed_at: signedAt, expires_at: expiresAt }
  await trx
    .insertInto('status_list_token')
    .values(row)
    .onConflict((conflict) => conflict.column('list_id').doUpdateSet(row))
    .execute()
  if (changes.length > 0) await trx.deleteFrom('status_change').where('id', 'in', changes).execute()
}

/** The token as it is published, and since when it lacks a change. */
export async function findToken(
  db: Kysely<StatusListTables>,
  listId: string,
): Promise<(StatusListToken & { lackingSince: Date | null }) | undefined> {
  const { rows } = await sql<{
    kid: string
    token: string
    signed_at: Date
    expires_at: Date
    lacking_since: Date | null
  }>`
    select kid, token, signed_at, expires_at,
      (select min(created_at) from status_change where list_id = token.list_id) as lacking_since
    from status_list_token as token where list_id = ${listId}`.execute(db)
  const [row] = rows
  if (!row) return undefined
  const { kid, token, signed_at, expires_at, lacking_since } = row
  return { kid, token, signedAt: signed_at, expiresAt: expires_at, lackingSince: lacking_since }
}
