import type { AuthorityEntry } from '@lexchange/contracts'
import {
  appendToOutbox,
  IdempotencyKeyReusedError,
  RequestInProgressError,
} from '@lexchange/postgres'
import type { Transaction } from 'kysely'

import { noteStatusChanges, type StatusEntry } from '../status-lists/index.ts'
import { reached } from './issuing-steps.ts'
import { LicenseExistsError } from './license.errors.ts'
import { toIssuanceMessage } from './license.events.ts'
import { findInBeing } from './license.repository.ts'
import type { LicenseTables } from './license.tables.ts'
import { type CheckedLicense, isInBeing } from './license.ts'
import { insertLicenses } from './license-version.repository.ts'
import { openIntent, sealIntent } from './sealed-intent.ts'
import { draftIntent, redraftIntent, type SigningDeps } from './sign-intents.ts'
import { findIntentsOfCommands, saveIntents, takeIntents } from './signing-intent.repository.ts'
import type { IntendedChange, SignedIntent, SigningIntent } from './signing-intent.ts'

/** One license that is to be issued. */
export type IssueOrder = {
  authority: AuthorityEntry
  /** Decides on it; throws the rule that is violated. */
  draft: (now: Date) => CheckedLicense
  by: string
  traceparent: string | undefined
  /**
   * Names the command, so that it can be completed after a crash or while no key could sign. `exclusive`: the
   * caller holds a lock by which nobody else can be at it.
   */
  command?: { name: string; hash: string | null; exclusive?: boolean } | undefined
}

/** What became of each, in order. */
export type Tried<T> = { value: T; error?: undefined } | { value?: undefined; error: unknown }

/** The means to sign for the authorities of some orders, got before a transaction begins. */
type Means = { kids: Map<string, string>; entries: Map<string, StatusEntry[]> }

/**
 * First step of issuing: decides, and commits what will be signed. docs/flows/issue-license.md
 * A refusal fails its own order only. @throws SigningUnavailableError where no key signs
 */
export async function prepareIssues(
  deps: SigningDeps,
  orders: readonly IssueOrder[],
  means: Means,
  trx: Transaction<LicenseTables>,
): Promise<Tried<SigningIntent>[]> {
  const at = deps.now()
  const names = orders.flatMap(({ command }) => (command ? [command.name] : []))
  const { keys } = deps.sealing
  const found = new Map(
    await Promise.all(
      (await findIntentsOfCommands(trx, names)).map(async (stored) => {
        const { command, claimed } = stored
        return [command, { intent: await openIntent(keys, stored), claimed }] as const
      }),
    ),
  )
  const tried = orders.map((order) =>
    attempt((): SigningIntent | CheckedLicense => {
      const known = order.command && found.get(order.command.name)
      if (!known) return order.draft(at)
      const { intent, claimed } = known
      if (claimed && !order.command?.exclusive) throw new RequestInProgressError()
      if (intent.requestHash !== order.command?.hash) throw new IdempotencyKeyReusedError()
      return redraftIntent(deps, intent, kidOf(means, order))
    }),
  )
  const prepared = await refuseExisting(trx, tried, at)
  const drafted = prepared.map((each, index) =>
    each.value && 'state' in each.value
      ? attemptWith(each.value, (license) => intend(deps, license, orders[index], means, at))
      : (each as Tried<SigningIntent>),
  )
  const intents = await Promise.all(
    drafted.map(async (each) =>
      each.value ? { value: await sealIntent(keys, each.value) } : each,
    ),
  )
  await saveIntents(
    trx,
    intents.flatMap(({ value }) => (value ? [value] : [])),
  )
  return intents
}

/** Keys and status entries for as many orders; what is not used goes back. */
export async function gatherMeans(
  { keyring, entries }: Pick<SigningDeps, 'keyring' | 'entries'>,
  orders: readonly IssueOrder[],
): Promise<Means & { giveBack(): void }> {
  const means: Means = { kids: new Map(), entries: new Map() }
  for (const [id, group] of Map.groupBy(orders, ({ authority }) => authority.id)) {
    const [{ authority }] = group as [IssueOrder]
    means.kids.set(id, await keyring.signerOf(authority))
    means.entries.set(id, await entries.take(id, group.length))
  }
  return {
    ...means,
    giveBack() {
      for (const [id, left] of means.entries) entries.giveBack(id, left)
    },
  }
}

const kidOf = ({ kids }: Means, { authority }: IssueOrder) => kids.get(authority.id) as string

function intend(
  deps: SigningDeps,
  drafted: CheckedLicense,
  order: IssueOrder | undefined,
  means: Means,
  at: Date,
): SigningIntent {
  if (!order) throw new Error('a license without its order')
  const free = means.entries.get(order.authority.id) ?? []
  const statusEntry = free.at(-1) ?? null
  const license = { ...drafted, statusEntry }
  const { by, traceparent, command } = order
  const change = { event: 'issued', at, by, reason: null, legalBasis: null, traceparent } as const
  const intent = draftIntent(deps, { license, change, kid: kidOf(means, order), command })
  free.pop()
  return intent
}

/** Early, so that nothing is signed in vain; who is first is decided when it is stored. */
async function refuseExisting(
  trx: Transaction<LicenseTables>,
  tried: readonly Tried<SigningIntent | CheckedLicense>[],
  at: Date,
): Promise<Tried<SigningIntent | CheckedLicense>[]> {
  const drafted = tried.flatMap(({ value }) =>
    value && 'state' in value && isInBeing(value.state, at) ? [value] : [],
  )
  const existing = await findInBeing(trx, drafted, at, { lock: false })
  const taken = new Map(existing.map((license) => [keyOf(license), license]))
  return tried.map((each) => {
    if (!each.value || !('state' in each.value) || !isInBeing(each.value.state, at)) return each
    const found = taken.get(keyOf(each.value))
    return found ? { error: new LicenseExistsError(each.value.type, found) } : each
  })
}

/**
 * Last step of issuing: license, credential and event commit together, or none of them.
 * A license whose number was taken meanwhile is refused alone.
 */
export async function storeIssues(
  { now, newId }: Pick<SigningDeps, 'now' | 'newId'>,
  trx: Transaction<LicenseTables>,
  signed: readonly SignedIntent[],
): Promise<Tried<{ license: CheckedLicense; credential: string }>[]> {
  const at = now()
  const inBeing = signed.filter(({ license }) => isInBeing(license.state, at))
  const existing = await findInBeing(
    trx,
    inBeing.map(({ license }) => license),
    at,
  )
  const taken = new Map(existing.map((license) => [keyOf(license), license]))
  const there = await takeIntents(
    trx,
    signed.map(({ id }) => id),
  )
  const tried = signed.map((intent): Tried<SignedIntent> => {
    // Somebody else has completed it, because this process was thought dead.
    if (!there.has(intent.id)) return { error: new RequestInProgressError() }
    const { license } = intent
    if (!isInBeing(license.state, at)) return { value: intent }
    const found = taken.get(keyOf(license))
    if (found) return { error: new LicenseExistsError(license.type, found) }
    taken.set(keyOf(license), { ...license, status: license.state.status })
    return { value: intent }
  })
  await store(
    trx,
    tried.flatMap(({ value }) => (value ? [value] : [])),
    newId,
  )
  reached('stored')
  return tried.map(({ value, error }) =>
    value ? { value: { license: value.license, credential: value.credential } } : { error },
  )
}

async function store(
  trx: Transaction<LicenseTables>,
  signed: readonly SignedIntent[],
  newId: () => string,
): Promise<void> {
  await insertLicenses(trx, signed)
  const changed = signed.flatMap(({ license: { id, state, statusEntry } }) =>
    statusEntry && state.status !== 'active' ? [{ listId: statusEntry.listId, licenseId: id }] : [],
  )
  await noteStatusChanges(trx, changed)
  const messages = signed.map(({ license, change, sealedClaims }) => {
    const made = change as NonNullable<IntendedChange>
    return toIssuanceMessage(license, { ...made, eventId: newId() }, sealedClaims)
  })
  await appendToOutbox(trx, ...messages)
}

const keyOf = ({ type, number }: { type: string; number: string }) => `${type} ${number}`

function attempt<T>(run: () => T): Tried<T> {
  try {
    return { value: run() }
  } catch (error) {
    return { error }
  }
}

function attemptWith<A, T>(argument: A, run: (argument: A) => T): Tried<T> {
  return attempt(() => run(argument))
}
