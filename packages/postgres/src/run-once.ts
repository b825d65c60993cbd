import { createHash } from 'node:crypto'

import { DomainError } from '@lexchange/problems'
import { type Generated, type Kysely, sql, type Transaction } from 'kysely'

export interface IdempotencyTables {
  idempotency_key: {
    client: string
    route: string
    key: string
    request_hash: string
    answer: string
    created_at: Generated<Date>
  }
}

/** How long the first answer is given again. */
const KEEP = sql<Date>`now() - interval '24 hours'`

/** The same command with the same Idempotency-Key is still under way. */
export class RequestInProgressError extends DomainError {
  readonly code = 'request-in-progress'
  readonly kind = 'conflict'

  constructor() {
    super('The first request with this Idempotency-Key is still running', { retryAfter: 1 })
  }
}

/** The Idempotency-Key was used for another request. */
export class IdempotencyKeyReusedError extends DomainError {
  readonly code = 'idempotency-key-reused'
  readonly kind = 'rule-violated'

  constructor() {
    super('This Idempotency-Key was used for a request with another body')
  }
}

export type CommandKey = {
  client: string
  /** Route pattern and what its parameters are, e.g. `POST /v1/licenses`. */
  route: string
  key: string
  /** What must be the same for a repetition: body and If-Match, as JSON. */
  request: unknown
}

export type Once<Answer> = { answer: Answer; replayed: boolean }

/**
 * Runs a command in a transaction, at most once per key: its effects and its answer commit together,
 * so a crash leaves either both or neither, and no key is ever stuck. A rule that refused the command
 * is an answer too; its effects are rolled back to the savepoint.
 * @param refused turns a DomainError into the answer to keep, or undefined where it is not to be kept.
 * @throws RequestInProgressError, IdempotencyKeyReusedError
 */
export async function runOnce<Tables, Answer>(
  db: Kysely<Tables & IdempotencyTables>,
  command: CommandKey | undefined,
  run: (trx: Transaction<Tables>) => Promise<Answer>,
  refused: (error: DomainError) => Answer | undefined,
): Promise<Once<Answer>> {
  if (command === undefined) {
    const answer = await db
      .transaction()
      .execute((trx) => run(trx as unknown as Transaction<Tables>))
    return { answer, replayed: false }
  }
  return db.transaction().execute(async (trx) => {
    const keys = trx as unknown as Transaction<IdempotencyTables>
    const hash = createHash('sha256').update(JSON.stringify(command.request)).digest('base64url')
    await lockKey(keys, command)
    const first = await findAnswer(keys, command)
    if (first) {
      if (first.request_hash !== hash) throw new IdempotencyKeyReusedError()
      return { answer: JSON.parse(first.answer) as Answer, replayed: true }
    }
    const answer = await runInSavepoint(trx as unknown as Transaction<Tables>, run, refused)
    await keepAnswer(keys, command, hash, JSON.stringify(answer))
    return { answer, replayed: false }
  })
}

async function runInSavepoint<Tables, Answer>(
  trx: Transaction<Tables>,
  run: (trx: Transaction<Tables>) => Promise<Answer>,
  refused: (error: DomainError) => Answer | undefined,
): Promise<Answer> {
  await sql`savepoint command`.execute(trx)
  try {
    return await run(trx)
  } catch (error) {
    const answer = error instanceof DomainError ? refused(error) : undefined
    if (answer === undefined) throw error
    await sql`rollback to savepoint command`.execute(trx)
    return answer
  }
}

async function lockKey(trx: Transaction<IdempotencyTables>, { client, route, key }: CommandKey) {
  const name = JSON.stringify([client, route, key])
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as locked`.execute(trx)
  if (!rows[0]?.locked) throw new RequestInProgressError()
}

function findAnswer(trx: Transaction<IdempotencyTables>, { client, route, key }: CommandKey) {
  return trx
    .selectFrom('idempotency_key')
    .select(['request_hash', 'answer'])
    .where('client', '=', client)
    .where('route', '=', route)
    .where('key', '=', key)
    .where('created_at', '>', KEEP)
    .executeTakeFirst()
}

async function keepAnswer(
  trx: Transaction<IdempotencyTables>,
  { client, route, key }: CommandKey,
  request_hash: string,
  answer: string,
): Promise<void> {
  await trx
    .insertInto('idempotency_key')
    .values({ client, route, key, request_hash, answer })
    .onConflict((conflict) =>
      conflict
        .columns(['client', 'route', 'key'])
        .doUpdateSet({ request_hash, answer, created_at: sql`now()` }),
    )
    .execute()
}

/** Deletes answers that are no longer given again; returns how many. */
export async function dropOldAnswers(db: Kysely<IdempotencyTables>): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('idempotency_key')
    .where('created_at', '<=', KEEP)
    .executeTakeFirst()
  return Number(numDeletedRows)
}

export const CREATE_IDEMPOTENCY_KEY = sql`
  create table idempotency_key (
    client text not null,
    route text not null,
    key text not null,
    request_hash text not null,
    answer text not null,
    created_at timestamptz not null default now(),
    primary key (client, route, key)
  )`

export const CREATE_IDEMPOTENCY_KEY_CREATED = sql`
  create index idempotency_key_created on idempotency_key (created_at)`
