import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { SubscriptionTables } from './subscription.tables.ts'
import type { Subscription } from './subscription.ts'

type Db = Kysely<SubscriptionTables> | Transaction<SubscriptionTables>

const COLUMNS = [
  'id',
  'department_id',
  'filter',
  'kind',
  'url',
  'secrets',
  'state',
  'last_error',
  'revision',
  'seen_revision',
  'generation',
  'behind_from',
  'replay_pending',
  'published_sequence',
  'sent_sequence',
  'created_at',
  'updated_at',
] as const

/** Channel that tells the fan-out of changes. */
export const SUBSCRIPTION_CHANNEL = 'subscription'

export async function findSubscription(
  db: Db,
  departmentId: string,
  id: string,
): Promise<Subscription | undefined> {
  const row = await db
    .selectFrom('subscription')
    .select(COLUMNS)
    .where('id', '=', id)
    .where('department_id', '=', departmentId)
    .executeTakeFirst()
  return row && toSubscription(row)
}

export async function lockSubscription(
  trx: Transaction<SubscriptionTables>,
  departmentId: string,
  id: string,
): Promise<Subscription | undefined> {
  const row = await trx
    .selectFrom('subscription')
    .select(COLUMNS)
    .where('id', '=', id)
    .where('department_id', '=', departmentId)
    .forUpdate()
    .executeTakeFirst()
  return row && toSubscription(row)
}

export async function listSubscriptions(
  db: Db,
  departmentId: string,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<Subscription[]> {
  const rows = await db
    .selectFrom('subscription')
    .select(COLUMNS)
    .where('department_id', '=', departmentId)
    .$if(after !== undefined, (query) => query.where('id', '>', after as string))
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(toSubscription)
}

/** How many of a department are delivered by JetStream; whoever makes another waits for this transaction. */
export async function countConsumers(
  trx: Transaction<SubscriptionTables>,
  departmentId: string,
): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${departmentId}, 4))`.execute(trx)
  const { count } = await trx
    .selectFrom('subscription')
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .where('department_id', '=', departmentId)
    .where('kind', '=', 'jetstream')
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Those of all departments, for the fan-out. */
export async function listAllSubscriptions(db: Db): Promise<Subscription[]> {
  const rows = await db.selectFrom('subscription').select(COLUMNS).orderBy('id').execute()
  return rows.map(toSubscription)
}

/** Those of some that still exist and are active. */
export async function findActive(db: Db, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await db
    .selectFrom('subscription')
    .select('id')
    .where('id', 'in', ids)
    .where('state', '=', 'active')
    .execute()
  return new Set(rows.map(({ id }) => id))
}

export async function insertSubscription(
  trx: Transaction<SubscriptionTables>,
  subscription: Subscription,
): Promise<void> {
  await trx
    .insertInto('subscription')
    .values({
      ...toRow(subscription),
      id: subscription.id,
      department_id: subscription.departmentId,
      kind: subscription.kind,
      url: subscription.url,
      created_at: subscription.createdAt,
    })
    .execute()
  await tellFanOut(trx)
}

export async function updateSubscription(
  trx: Transaction<SubscriptionTables>,
  subscription: Subscription,
): Promise<void> {
  await trx
    .updateTable('subscription')
    .set(toRow(subscription))
    .where('id', '=', subscription.id)
    .execute()
  await tellFanOut(trx)
}

export async function deleteSubscription(
  trx: Transaction<SubscriptionTables>,
  id: string,
): Promise<void> {
  await trx.deleteFrom('subscription').where('id', '=', id).execute()
  await tellFanOut(trx)
}

/** A notice for the department; the last one counts. */
export async function noteError(
  db: Db,
  id: string,
  error: Subscription['lastError'],
): Promise<void> {
  await db
    .updateTable('subscription')
    .set({ last_error: error && json(error) })
    .where('id', '=', id)
    .execute()
}

/** Stops a subscription by itself, with a notice. */
export async function pauseSubscription(
  db: Db,
  id: string,
  error: NonNullable<Subscription['lastError']>,
): Promise<void> {
  await db
    .updateTable('subscription')
    .set({
      state: 'paused',
      last_error: json(error),
      revision: sql`revision + 1`,
      updated_at: new Date(error.at),
    })
    .where('id', '=', id)
    .execute()
  await tellFanOut(db)
}

/** How far SSE connections are; never goes back, because there may be several. */
export async function noteSent(db: Db, id: string, sequence: number): Promise<void> {
  await db
    .updateTable('subscription')
    .set({ sent_sequence: String(sequence) })
    .where('id', '=', id)
    .where('sent_sequence', '<', String(sequence))
    .execute()
}

export async function findFanOutPosition(db: Db): Promise<number> {
  const row = await db.selectFrom('fan_out').select('position').executeTakeFirst()
  return Number(row?.position ?? 0)
}

async function tellFanOut(db: Db): Promise<void> {
  await sql`select pg_notify(${SUBSCRIPTION_CHANNEL}, '')`.execute(db)
}

function json<T>(value: T) {
  return sql<T>`${JSON.stringify(value)}::jsonb`
}

function toRow(subscription: Subscription) {
  const { filter, secrets, state, lastError, revision, generation, behindFrom } = subscription
  return {
    filter: json(filter),
    secrets: json([...secrets]),
    state,
    last_error: lastError && json(lastError),
    revision,
    generation,
    behind_from: behindFrom === null ? null : String(behindFrom),
    replay_pending: subscription.replayPending,
    updated_at: subscription.updatedAt,
  }
}

function toSubscription(row: Selectable<SubscriptionTables['subscription']>): Subscription {
  return {
    id: row.id,
    departmentId: row.department_id,
    filter: row.filter,
    kind: row.kind,
    url: row.url,
    secrets: row.secrets,
    state: row.state,
    lastError: row.last_error,
    revision: row.revision,
    seenRevision: row.seen_revision,
    generation: row.generation,
    behindFrom: row.behind_from === null ? null : Number(row.behind_from),
    replayPending: row.replay_pending,
    publishedSequence: Number(row.published_sequence),
    sentSequence: Number(row.sent_sequence),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
