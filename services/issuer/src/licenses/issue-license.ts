import {
  type CommandKey,
  claimCommands,
  hashCommand,
  IdempotencyKeyReusedError,
  type IdempotencyTables,
  keepAnswers,
  nameOfCommand,
  type Once,
  RequestInProgressError,
} from '@lexchange/postgres'
import { DomainError } from '@lexchange/problems'
import type { Kysely, Transaction } from 'kysely'

import {
  gatherMeans,
  type IssueOrder,
  prepareIssues,
  storeIssues,
  type Tried,
} from './issue-licenses.ts'
import { reached } from './issuing-steps.ts'
import { type KeptAnswer, openAnswer, sealAnswer } from './kept-answer.ts'
import type { LicenseTables } from './license.tables.ts'
import type { CheckedLicense } from './license.ts'
import { type SigningDeps, signIntents } from './sign-intents.ts'
import { releaseIntents } from './signing-intent.repository.ts'
import type { SignedIntent, SigningIntent } from './signing-intent.ts'

export type IssueDeps = SigningDeps & { db: Kysely<LicenseTables & IdempotencyTables> }

/** A request to issue one license, and what its answers look like. */
export type IssueRequest<Answer> = Omit<IssueOrder, 'command'> & {
  key: CommandKey | undefined
  answer: (license: CheckedLicense, credential: string) => Answer
  /** The answer to keep of a refusal; undefined where it is not to be kept. */
  refuse: (error: DomainError) => Answer | undefined
}

type Outcome<Answer> = Tried<Once<Answer>>
type Tables = LicenseTables & IdempotencyTables

/**
 * Issues licenses that were asked for at the same time, each as if it were alone: what they share is the
 * commits, which cost more than all else. docs/flows/issue-license.md
 */
export async function issueLicense<Answer extends object>(
  deps: IssueDeps,
  requests: readonly IssueRequest<Answer>[],
): Promise<Outcome<Answer>[]> {
  const outcomes = new Map<IssueRequest<Answer>, Outcome<Answer>>()
  const left = withoutRepetitions(requests, outcomes)
  const intents = await prepare(deps, left, outcomes)
  const signings = await signIntents(deps, [...intents.keys()])
  const signed = new Map<SignedIntent, IssueRequest<Answer>>()
  for (const { intent, signed: done, error } of signings) {
    const request = intents.get(intent) as IssueRequest<Answer>
    if (done) signed.set(done, request)
    else outcomes.set(request, { error })
  }
  try {
    await deps.db.transaction().execute((trx) => store(deps, trx, signed, outcomes))
  } catch (error) {
    await release(deps, [...signed.keys()])
    throw error
  }
  await release(deps, refusedForNow(signed, outcomes))
  reached('committed')
  return requests.map((request) => outcomes.get(request) as Outcome<Answer>)
}

/** A repetition that looked in meanwhile held their key: the next one completes them. */
function refusedForNow<Answer>(
  signed: ReadonlyMap<SignedIntent, IssueRequest<Answer>>,
  outcomes: ReadonlyMap<IssueRequest<Answer>, Outcome<Answer>>,
): SignedIntent[] {
  return [...signed]
    .filter(([, request]) => outcomes.get(request)?.error instanceof RequestInProgressError)
    .map(([intent]) => intent)
}

async function release({ db }: IssueDeps, intents: readonly SignedIntent[]): Promise<void> {
  if (intents.length === 0) return
  const ids = intents.map(({ id }) => id)
  await releaseIntents(db, ids).catch(() => {})
}

/** Two requests with one Idempotency-Key that arrive together: the second has to wait for the first. */
function withoutRepetitions<Answer>(
  requests: readonly IssueRequest<Answer>[],
  outcomes: Map<IssueRequest<Answer>, Outcome<Answer>>,
): IssueRequest<Answer>[] {
  const names = new Set<string>()
  return requests.filter((request) => {
    const name = request.key && nameOfCommand(request.key)
    if (name === undefined || !names.has(name)) {
      if (name !== undefined) names.add(name)
      return true
    }
    outcomes.set(request, { error: new RequestInProgressError() })
    return false
  })
}

async function prepare<Answer extends object>(
  deps: IssueDeps,
  requests: readonly IssueRequest<Answer>[],
  outcomes: Map<IssueRequest<Answer>, Outcome<Answer>>,
): Promise<Map<SigningIntent, IssueRequest<Answer>>> {
  const orders = new Map(requests.map((request) => [request, orderOf(request)]))
  const means = await gatherMeans(deps, [...orders.values()])
  const intents = await deps.db.transaction().execute(async (trx) => {
    const fresh = await claim(deps, trx, requests, outcomes)
    const prepared = await prepareIssues(
      deps,
      fresh.map((request) => orders.get(request) as IssueOrder),
      means,
      trx,
    )
    await keepRefusals(trx, fresh, prepared, outcomes)
    const intents = prepared.flatMap(({ value }, index) =>
      value ? [[value, fresh[index] as IssueRequest<Answer>] as const] : [],
    )
    return new Map(intents)
  })
  means.giveBack()
  reached('intended')
  return intents
}

function orderOf<Answer>({ key, ...request }: IssueRequest<Answer>): IssueOrder {
  return { ...request, command: key && { name: nameOfCommand(key), hash: hashCommand(key) } }
}

/** Claims the commands; those that were answered before have their outcome. */
async function claim<Answer extends object>(
  { sealing }: IssueDeps,
  trx: Transaction<Tables>,
  requests: readonly IssueRequest<Answer>[],
  outcomes: Map<IssueRequest<Answer>, Outcome<Answer>>,
): Promise<IssueRequest<Answer>[]> {
  const claimed = await claimCommands<KeptAnswer<Answer>>(
    trx as never,
    requests.map(({ key }) => key),
  )
  for (const [index, request] of requests.entries()) {
    const known = claimed[index]
    if (known?.state === 'refused') outcomes.set(request, { error: known.error })
    if (known?.state !== 'answered') continue
    const opened = openAnswer<Answer>(trx as never, sealing.keys, known.answer)
    const outcome = await opened.then(
      (answer) => ({ value: { answer, replayed: true } }),
      (error: unknown) => ({ error }),
    )
    outcomes.set(request, outcome)
  }
  return requests.filter((_, index) => claimed[index]?.state === 'new')
}

async function store<Answer extends object>(
  deps: IssueDeps,
  trx: Transaction<Tables>,
  signed: ReadonlyMap<SignedIntent, IssueRequest<Answer>>,
  outcomes: Map<IssueRequest<Answer>, Outcome<Answer>>,
): Promise<void> {
  const fresh = new Set(await claim(deps, trx, [...signed.values()], outcomes))
  const intents = [...signed].filter(([, request]) => fresh.has(request))
  const stored = await storeIssues(
    deps,
    trx as never,
    intents.map(([intent]) => intent),
  )
  const requests = intents.map(([, request]) => request)
  await keepRefusals(trx, requests, stored, outcomes)
  const answered = requests.flatMap((request, index) => {
    const done = stored[index]?.value
    if (!done) return []
    const answer = request.answer(done.license, done.credential)
    outcomes.set(request, { value: { answer, replayed: false } })
    return [{ command: request.key, answer: sealAnswer(done.license, answer) }]
  })
  await keepAnswers(trx as never, answered)
}

/** A rule that refuses a command is an answer too, to be given again. */
async function keepRefusals<Answer>(
  trx: Transaction<Tables>,
  requests: readonly IssueRequest<Answer>[],
  tried: readonly Tried<unknown>[],
  outcomes: Map<IssueRequest<Answer>, Outcome<Answer>>,
): Promise<void> {
  const kept = requests.flatMap((request, index) => {
    const error = tried[index]?.error
    if (error === undefined) return []
    outcomes.set(request, { error })
    // About the key, not about the command that it names: kept, they would take its answer's place.
    const aboutKey = [RequestInProgressError, IdempotencyKeyReusedError]
    const final = error instanceof DomainError && !aboutKey.some((each) => error instanceof each)
    const answer = request.key && final ? request.refuse(error) : undefined
    if (answer === undefined) return []
    outcomes.set(request, { value: { answer, replayed: false } })
    return [{ command: request.key, answer }]
  })
  await keepAnswers(trx as never, kept)
}
