import { createHash, createHmac } from 'node:crypto'

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
  /** Keys the hash of a request with claims that nobody may guess from it. */
  secret?: Uint8Array
}

export type Once<Answer> = { answer: Answer; replayed: boolean }

/** What is known of a command: it is new, was answered, or cannot be done again by this key. */
export type ClaimedCommand<Answer> =
  | { state: 'new' }
  | { state: 'answered'; answer: Answer }
  | { state: 'refused'; error: DomainError }

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
    const first = await claimCommand<Answer>(keys, command)
    if (first !== undefined) return { answer: first, replayed: true }
    const answer = await runInSavepoint(trx as unknown as Transaction<Tables>, run, refused)
    await keepAnswers(keys, [{ command, answer }])
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

/**
 * Claims one command until the transaction ends.
 * @returns the answer that it was given before, undefined for one that is new.
 * @throws RequestInProgressError, IdempotencyKeyReusedError
 */
export async function claimCommand<Answer>(
  trx: Transaction<IdempotencyTables>,
  command: CommandKey | undefined,
): Promise<Answer | undefined> {
  if (command === undefined) return undefined
  const [claimed] = await claimCommands<Answer>(trx, [command])
  if (claimed?.state === 'refused') throw claimed.error
  return claimed?.state === 'answered' ? claimed.answer : undefined
}

/**
 * Claims commands until the transaction ends, so that nobody else runs them meanwhile, in two round
 * trips for any number of them. Commands without a key are new.
 */
export async function claimCommands<Answer>(
  trx: Transaction<IdempotencyTables>,
  commands: readonly (CommandKey | undefined)[],
): Promise<ClaimedCommand<Answer>[]> {
  const keyed = commands.flatMap((command) => (command ? [command] : []))
  if (keyed.length === 0) return commands.map(() => ({ state: 'new' }))
  const locked = await lockKeys(trx, keyed)
  const answers = await findAnswers(trx, keyed)
  return commands.map((command) => {
    if (!command) return { state: 'new' }
    const name = nameOf(command)
    if (!locked.has(name)) return { state: 'refused', error: new RequestInProgressError() }
    const first = answers.get(name)
    if (!first) return { state: 'new' }
    if (!isHashOf(first.request_hash, command))
      return { state: 'refused', error: new IdempotencyKeyReusedError() }
    return { state: 'answered', answer: JSON.parse(first.answer) as Answer }
  })
}

/** Short text that stands for a client, a route and a key. */
export function nameOf({ client, route, key }: Omit<CommandKey, 'request'>): string {
  return JSON.stringify([client, route, key])
}

/** What a repetition of a command must have in common with it. */
export function hashCommand({ request, secret }: Pick<CommandKey, 'request' | 'secret'>): string {
  const hash = secret ? createHmac('sha256', secret) : createHash('sha256')
  return hash.update(JSON.stringify(request)).digest('base64url')
}

/** Answers from before there was a secret are given again too. */
function isHashOf(hash: string, { request, secret }: CommandKey): boolean {
  return (
    hash === hashCommand({ request, ...(secret && { secret }) }) ||
    hash === hashCommand({ request })
  )
}

async function lockKeys(trx: Transaction<IdempotencyTables>, commands: readonly CommandKey[]) {
  const names = [...new Set(commands.map(nameOf))]
  const { rows } = await sql<{ name: string; locked: boolean }>`
    select name, pg_try_advisory_xact_lock(hashtextextended(name, 0)) as locked
    from unnest(${names}::text[]) as asked (name)`.execute(trx)
  return new Set(rows.flatMap(({ name, locked }) => (locked ? [name] : [])))
}

async function findAnswers(trx: Transaction<IdempotencyTables>, commands: readonly CommandKey[]) {
  const columns = [
    commands.map(({ client }) => client),
    commands.map(({ route }) => route),
    commands.map(({ key }) => key),
  ]
  const { rows } = await sql<{
    client: string
    route: string
    key: string
    request_hash: string
    answer: string
  }>`
    select client, route, key, request_hash, answer from idempotency_key
    where (client, route, key) in (
      select * from unnest(${columns[0]}::text[], ${columns[1]}::text[], ${columns[2]}::text[]))
    and created_at > ${KEEP}`.execute(trx)
  return new Map(rows.map((row) => [nameOf(row), row]))
}

/** Keeps answers to commands, to be given again; they commit with what the commands did. */
export async function keepAnswers<Answer>(
  trx: Transaction<IdempotencyTables>,
  answered: readonly { command: CommandKey | undefined; answer: Answer }[],
): Promise<void> {
  const rows = answered.flatMap(({ command, answer }) => {
    if (!command) return []
    const { client, route, key } = command
    return [
      { client, route, key, request_hash: hashCommand(command), answer: JSON.stringify(answer) },
    ]
  })
  if (rows.length === 0) return
  await trx
    .insertInto('idempotency_key')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['client', 'route', 'key']).doUpdateSet({
        request_hash: sql`excluded.request_hash`,
        answer: sql`excluded.answer`,
        created_at: sql`now()`,
      }),
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
