import { type Client, ClientSuspendedError, type TokenVerifier } from '@lexchange/auth'
import type { DirectoryKind, KeyEntry } from '@lexchange/contracts'

import type { DirectoryEntry } from './entry.ts'
import { type Trust, trustOf } from './trust.ts'

/** What a process knows of the directory, in memory. */
export type Directory = {
  /** Takes changed entries, or all there are. */
  take(entries: readonly DirectoryEntry[], all: boolean): void
  /** @throws ClientSuspendedError */
  authorize(client: Client): void
  /** Who is trusted to issue what; another object whenever anything of it changes. */
  readonly trust: Trust
}

/** Id of the key entry that access tokens are checked with. */
const TOKEN_KEYS = 'oauth'

export function createDirectory(verifier: TokenVerifier): Directory {
  let suspended = suspendedIn([])
  let states = new Map<string, DirectoryEntry>()
  let keys = ''
  let trust = trustOf([])

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
      if (all || entries.some(({ kind }) => kind.startsWith('authority')))
        trust = trustOf(states.values())
    },
    get trust() {
      return trust
    },
    authorize({ clientId, departmentId, authorityId }) {
      if (
        suspended.client.has(clientId) ||
        (departmentId !== undefined && suspended.department.has(departmentId)) ||
        (authorityId !== undefined && suspended.authority.has(authorityId))
      )
        throw new ClientSuspendedError(clientId)
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
    if ('state' in entry && entry.state === 'suspended') ids[kind as keyof typeof ids].add(entry.id)
  return ids
}
