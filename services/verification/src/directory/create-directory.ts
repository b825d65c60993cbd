import {
  type Client,
  ClientSuspendedError,
  type RequiredBinding,
  requireBinding,
  type TokenVerifier,
} from '@lexchange/auth'
import type { AgreementEntry, DirectoryKind, KeyEntry } from '@lexchange/contracts'

import type { DirectoryEntry } from './entry.ts'
import { type Trust, trustOf } from './trust.ts'

/** What a process knows of the directory, in memory. */
export type Directory = {
  /** Takes changed entries, or all there are. */
  take(entries: readonly DirectoryEntry[], all: boolean): void
  /** @throws ClientSuspendedError, TokenBindingRequiredError */
  authorize(client: Client): void
  /** Who is trusted to issue what; another object whenever anything of it changes. */
  readonly trust: Trust
  /** In the order of their ids, whatever their state. */
  agreementsOf(departmentId: string | undefined): readonly AgreementEntry[]
  /** Checks a minute that a measure leaves to a department. */
  throttleOf(departmentId: string | undefined): number | undefined
}

const NONE: readonly AgreementEntry[] = Object.freeze([])

/** Id of the key entry that access tokens are checked with. */
const TOKEN_KEYS = 'oauth'

export function createDirectory(verifier: TokenVerifier): Directory {
  let suspended = suspendedIn([])
  let bindings = new Map<string, RequiredBinding>()
  let states = new Map<string, DirectoryEntry>()
  let keys = ''
  let trust = trustOf([])
  let agreements = agreementsIn([])
  let throttles = new Map<string, number>()

  function useKeys({ jwks }: KeyEntry): void {
    const text = JSON.stringify(jwks)
    // New keys make every token be checked again, so the same ones are not taken twice.
    if (text === keys) return
    keys = text
    verifier.useKeys(jwks as Parameters<TokenVerifier['useKeys']>[0])
  }

  return {
    take(entries, all) {
      if (all) states = new Map()
      for (const each of entries) {
        states.set(placeOf(each.kind, each.entry.id), each)
        if (each.kind === 'key' && each.entry.id === TOKEN_KEYS) useKeys(each.entry)
      }
      suspended = suspendedIn(states.values())
      bindings = bindingsIn(states.values())
      agreements = agreementsIn(states.values())
      throttles = throttlesIn(states.values())
      if (all || entries.some(({ kind }) => kind.startsWith('authority')))
        trust = trustOf(states.values())
    },
    get trust() {
      return trust
    },
    agreementsOf: (departmentId) => agreements.get(departmentId ?? '') ?? NONE,
    // Mostly there is none at all.
    throttleOf: (departmentId) =>
      throttles.size === 0 ? undefined : throttles.get(departmentId ?? ''),
    authorize(client) {
      const { clientId, departmentId, authorityId } = client
      if (
        suspended.client.has(clientId) ||
        (departmentId !== undefined && suspended.department.has(departmentId)) ||
        (authorityId !== undefined && suspended.authority.has(authorityId))
      )
        throw new ClientSuspendedError(clientId)
      // Nearly always there are none.
      if (bindings.size > 0) requireBinding(client, bindings.get(clientId))
    },
  }
}

export function placeOf(kind: DirectoryKind, id: string): string {
  return `${kind}.${id}`
}

/** Only the ids that are shut out, so that a request costs a look into small sets. */
function suspendedIn(entries: Iterable<DirectoryEntry>) {
  const ids = {
    client: new Set<string>(),
    department: new Set<string>(),
    authority: new Set<string>(),
  }
  for (const { kind, entry } of entries)
    if (Object.hasOwn(ids, kind) && 'state' in entry && entry.state === 'suspended')
      ids[kind as keyof typeof ids].add(entry.id)
  return ids
}

function agreementsIn(entries: Iterable<DirectoryEntry>): Map<string, AgreementEntry[]> {
  const agreements = [...entries].flatMap(({ kind, entry }) =>
    kind === 'agreement' ? [entry] : [],
  )
  const inOrder = agreements.sort((a, b) => (a.id < b.id ? -1 : 1))
  return Map.groupBy(inOrder, ({ departmentId }) => departmentId)
}

function throttlesIn(entries: Iterable<DirectoryEntry>): Map<string, number> {
  const throttles = new Map<string, number>()
  for (const { kind, entry } of entries)
    if (kind === 'department' && entry.throttle) throttles.set(entry.id, entry.throttle.perMinute)
  return throttles
}

/** What clients must bind their tokens to, where they must. */
function bindingsIn(entries: Iterable<DirectoryEntry>): Map<string, RequiredBinding> {
  const bindings = new Map<string, RequiredBinding>()
  for (const { kind, entry } of entries)
    if (kind === 'client' && entry.tokenBinding) bindings.set(entry.id, entry.tokenBinding)
  return bindings
}
