import {
  type ChangeTime,
  getLicenseType,
  type LicenseState,
  type LicenseType,
  type LicenseVersion,
} from '@lexchange/license'
import {
  appendToOutbox,
  type CommandKey,
  claimCommand,
  hashCommand,
  IdempotencyKeyReusedError,
  type IdempotencyTables,
  keepAnswers,
  nameOfCommand,
  type Once,
  RequestInProgressError,
  runOnce,
} from '@lexchange/postgres'
import { DomainError } from '@lexchange/problems'
import type { Kysely, Transaction } from 'kysely'

import { noteStatusChanges, type StatusEntry, statusValue } from '../status-lists/index.ts'
import { reached } from './issuing-steps.ts'
import { type KeptAnswer, openAnswer, sealAnswer } from './kept-answer.ts'
import { LicenseBusyError, LicenseNotFoundError } from './license.errors.ts'
import { toIssuanceMessage } from './license.events.ts'
import { lockLicense } from './license.repository.ts'
import type { LicenseTables } from './license.tables.ts'
import { type AnyLicense, asChecked, type CheckedLicense, type License } from './license.ts'
import { saveVersion } from './license-version.repository.ts'
import { openLicense } from './open-license.ts'
import { openIntent, sealIntent } from './sealed-intent.ts'
import {
  draftIntent,
  redraftIntent,
  type SigningAuthority,
  type SigningDeps,
  signIntents,
} from './sign-intents.ts'
import {
  findIntentOfLicense,
  releaseIntents,
  saveIntents,
  takeIntents,
} from './signing-intent.repository.ts'
import type { SignedIntent, SigningIntent } from './signing-intent.ts'

/** What every command on a license says. */
export type ChangeCommand = {
  id: string
  authority: SigningAuthority
  by: string
  reason: string
  legalBasis: string | null
  effectiveAt: Date | undefined
  traceparent: string | undefined
  /** Throws unless the version is the one that the caller has seen. */
  requireVersion: (version: number) => void
}

/** What a command makes of the present state. */
export type Decide = (
  current: LicenseState,
  time: ChangeTime,
  type: LicenseType,
) => LicenseVersion & { holderKey?: License['holderKey'] }

/** How a command is named and answered. */
export type Answering<Answer> = {
  key: CommandKey | undefined
  answer: (license: CheckedLicense) => Answer
  refuse: (error: DomainError) => Answer | undefined
}

type Tables = LicenseTables & IdempotencyTables
export type ChangeDeps = SigningDeps & { db: Kysely<Tables> }

/** How long another command on the same license is waited for, and how often it is looked at, in ms. */
const PATIENCE = 10_000
const LOOK_EVERY = 10

/**
 * The paragraph that all commands share; what each decides is `decide`. What will be signed is committed
 * first; version, credential and event commit together then. docs/flows/change-license.md
 */
export async function changeLicense<Answer extends object>(
  deps: ChangeDeps,
  command: ChangeCommand,
  decide: Decide,
  answering: Answering<Answer>,
): Promise<Once<Answer>> {
  const kid = await deps.keyring.signerOf(command.authority)
  const begun = await prepare(deps, command, decide, answering, kid)
  if ('answer' in begun) return begun
  reached('intended')
  const [signing] = await signIntents(deps, [begun])
  if (!signing?.signed) throw signing?.error
  const { signed } = signing
  try {
    const once = await deps.db
      .transaction()
      .execute((trx) => store(deps, trx, signed, command, answering))
    reached('committed')
    return once
  } catch (error) {
    await releaseIntents(deps.db, [begun.id]).catch(() => {})
    throw error
  }
}

async function prepare<Answer extends object>(
  deps: ChangeDeps,
  command: ChangeCommand,
  decide: Decide,
  answering: Answering<Answer>,
  kid: string,
): Promise<Once<Answer> | SigningIntent> {
  const end = performance.now() + PATIENCE
  for (;;) {
    const begun = await deps.db
      .transaction()
      .execute((trx) => intend(deps, trx, command, decide, answering, kid))
      .catch((error: unknown) => keepRefusal(deps, answering, error))
    if (begun !== 'busy') return begun
    if (performance.now() > end) throw new LicenseBusyError(command.id)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY))
  }
}

/** Decides under the license's lock, and stores what will be signed. */
async function intend<Answer extends object>(
  deps: ChangeDeps,
  trx: Transaction<Tables>,
  command: ChangeCommand,
  decide: Decide,
  { key }: Answering<Answer>,
  kid: string,
): Promise<Once<Answer> | SigningIntent | 'busy'> {
  const { keys } = deps.sealing
  const first = await claimCommand<KeptAnswer<Answer>>(trx as never, key)
  if (first !== undefined)
    return { answer: await openAnswer(trx as never, keys, first), replayed: true }
  const stored = await lockLicense(trx, command.id, command.authority.id)
  if (!stored) throw new LicenseNotFoundError(command.id)
  const name = key && nameOfCommand(key)
  const hash = key ? hashCommand(key) : null
  const open = await findIntentOfLicense(trx, command.id)
  if (open && name !== undefined && open.command === name) {
    if (open.claimed) throw new RequestInProgressError()
    if (open.requestHash !== hash) throw new IdempotencyKeyReusedError()
    const opened = await openIntent(keys, open)
    const again = await sealIntent(keys, redraftIntent(deps, opened, kid))
    await saveIntents(trx, [again])
    return again
  }
  if (open?.claimed) return 'busy'
  command.requireVersion(stored.state.version)
  const license = await openLicense(keys, stored)
  const at = deps.now()
  const time = { now: judgedAt(license, at), effectiveAt: command.effectiveAt }
  const { event, holderKey, ...state } = decide(license.state, time, getLicenseType(license.type))
  const changed = asChecked({
    ...license,
    // One from before there were credentials gets its entry with its first one.
    statusEntry: license.statusEntry ?? (await takeEntry(deps, command.authority.id)),
    state,
    updatedAt: at,
    ...(holderKey !== undefined && { holderKey }),
  })
  const { by, reason, legalBasis, traceparent } = command
  const change = { event, at, by, reason, legalBasis, traceparent }
  const named = name === undefined ? undefined : { name, hash }
  const drafted = draftIntent(deps, { license: changed, change, kid, command: named })
  const intent = await sealIntent(keys, drafted)
  await saveIntents(trx, [intent])
  return intent
}

async function takeEntry({ entries }: ChangeDeps, authorityId: string): Promise<StatusEntry> {
  const [entry] = await entries.take(authorityId, 1)
  return entry as StatusEntry
}

/** A rule that refuses a command is an answer too, to be given again. */
async function keepRefusal<Answer extends object>(
  { db, sealing }: ChangeDeps,
  { key, refuse }: Answering<Answer>,
  error: unknown,
): Promise<Once<Answer>> {
  const repeated = [RequestInProgressError, IdempotencyKeyReusedError]
  if (!key || !(error instanceof DomainError) || repeated.some((each) => error instanceof each))
    throw error
  const once = await runOnce<LicenseTables, KeptAnswer<Answer>>(
    db,
    key,
    () => Promise.reject(error),
    refuse,
  )
  return { ...once, answer: await openAnswer(db as never, sealing.keys, once.answer) }
}

async function store<Answer extends object>(
  { newId, sealing }: ChangeDeps,
  trx: Transaction<Tables>,
  signed: SignedIntent,
  command: ChangeCommand,
  { key, answer }: Answering<Answer>,
): Promise<Once<Answer>> {
  const first = await claimCommand<KeptAnswer<Answer>>(trx as never, key)
  if (first !== undefined)
    return { answer: await openAnswer(trx as never, sealing.keys, first), replayed: true }
  const present = await lockLicense(trx, command.id, command.authority.id)
  // Gone: somebody else has completed it, because this process was thought dead.
  if (!present || !(await takeIntents(trx, [signed.id])).has(signed.id))
    throw new RequestInProgressError()
  // Its end may have been announced since, which takes a number of its own.
  const { sequence, expiredAt } = present
  const license = { ...signed.license, sequence: sequence + 1, expiredAt }
  const { change } = signed
  if (!change) throw new Error(`intent ${signed.id} is of no change`)
  await saveVersion(trx, { ...signed, license }, change)
  await noteStatus(trx, present, license)
  const announced = { ...change, eventId: newId() }
  await appendToOutbox(trx, toIssuanceMessage(license, announced, signed.sealedClaims))
  reached('stored')
  const made = answer(license)
  await keepAnswers(trx as never, [{ command: key, answer: sealAnswer(license, made) }])
  return { answer: made, replayed: false }
}

async function noteStatus(
  trx: Transaction<LicenseTables>,
  before: AnyLicense,
  { id, state, statusEntry }: AnyLicense,
): Promise<void> {
  // An entry that is new says valid until it is written.
  const said = before.statusEntry ? statusValue(before.state.status) : statusValue('active')
  if (!statusEntry || said === statusValue(state.status)) return
  await noteStatusChanges(trx, [{ listId: statusEntry.listId, licenseId: id }])
}

/** What was announced as expired stays so, even where another replica's clock was ahead of this one. */
function judgedAt({ expiredAt, state: { validUntil } }: License, now: Date): Date {
  if (expiredAt === null || validUntil === null) return now
  return now > validUntil ? now : validUntil
}
