import {
  type Client,
  ClientSuspendedError,
  requireBinding,
  type TokenVerifier,
} from '@lexchange/auth'
import type {
  AuthorityEntry,
  AuthorityKeysEntry,
  ClientEntry,
  DepartmentEntry,
  KeyEntry,
} from '@lexchange/contracts'
import { createPulse } from '@lexchange/events'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'

import { NotAnAuthorityError } from './directory.errors.ts'
import { readEntries, readMark } from './directory.repository.ts'
import type { DirectoryTables } from './directory.tables.ts'

export type Directory = {
  /** @throws ClientSuspendedError, TokenBindingRequiredError */
  authorize(client: Client): void
  /** The authority that a client acts for. @throws NotAnAuthorityError */
  authorityOf(client: Pick<Client, 'clientId' | 'authorityId'>): AuthorityEntry
  findAuthority(id: string): AuthorityEntry | undefined
  /** Keys of an authority, as the directory has them. */
  findAuthorityKeys(id: string): AuthorityKeysEntry | undefined
  findKey(id: string): KeyEntry | undefined
  /** The active ones that this issuer issues for. */
  listAuthorities(): AuthorityEntry[]
  /** Looks at once, e.g. because this process has stored a change. */
  refresh(): void
  /** Resolves when it was first read. */
  load(): Promise<void>
  stop(): Promise<void>
}

type Owner = ClientEntry | AuthorityEntry | DepartmentEntry

/** How often a change that another replica has stored is looked for, in ms. */
const INTERVAL = 400

/**
 * Keeps the directory in memory, so that no request waits for it; the table is the record, because of
 * several replicas only one receives an event. While the database is away what was known last holds.
 */
export function createDirectory(
  db: Kysely<DirectoryTables>,
  verifier: TokenVerifier,
  log: Logger,
  served?: readonly string[],
): Directory {
  const pulse = createPulse()
  const entries = new Map<string, unknown>()
  let mark: string | undefined
  let keyRevision = 0
  let running: Promise<void> | undefined
  const find = <Entry>(kind: string, id: string) =>
    entries.get(`${kind} ${id}`) as Entry | undefined

  /** One of another exchange, or of another issuer, is none here. */
  function findAuthority(id: string): AuthorityEntry | undefined {
    const authority = find<AuthorityEntry>('authority', id)
    if (authority?.foreign || (served && !served.includes(id))) return undefined
    return authority
  }

  async function read(): Promise<void> {
    const present = await readMark(db)
    if (present === mark) return
    for (const { kind, id, value } of await readEntries(db)) entries.set(`${kind} ${id}`, value)
    mark = present
    const keys = find<KeyEntry>('key', 'oauth')
    if (keys && keys.revision > keyRevision) verifier.useKeys(keys.jwks as never)
    keyRevision = keys?.revision ?? keyRevision
  }

  async function watch(): Promise<void> {
    while (!pulse.stopped) {
      await read().catch((err) => log.debug({ err }, 'directory could not be read'))
      await pulse.wait(INTERVAL)
    }
  }

  return {
    authorize(caller) {
      const { clientId, authorityId: authority = '', departmentId: department = '' } = caller
      const owners = Object.entries({ client: clientId, authority, department })
      if (owners.some(([kind, id]) => find<Owner>(kind, id)?.state === 'suspended'))
        throw new ClientSuspendedError(clientId)
      requireBinding(caller, find<ClientEntry>('client', clientId)?.tokenBinding)
    },
    authorityOf({ clientId, authorityId }) {
      const authority = authorityId === undefined ? undefined : findAuthority(authorityId)
      if (!authority) throw new NotAnAuthorityError(clientId)
      return authority
    },
    findAuthority,
    findAuthorityKeys: (id) => find('authority-keys', id),
    findKey: (id) => find('key', id),
    listAuthorities: () => activeAuthorities(entries.keys(), findAuthority),
    refresh: pulse.beat,
    async load() {
      await read().catch((err) => log.warn({ err }, 'directory could not be read yet'))
      running ??= watch()
    },
    async stop() {
      pulse.stop()
      await running
    },
  }
}

function activeAuthorities(
  places: Iterable<string>,
  findAuthority: Directory['findAuthority'],
): AuthorityEntry[] {
  return [...places].flatMap((place) => {
    const [kind, id = ''] = place.split(' ')
    const authority = kind === 'authority' ? findAuthority(id) : undefined
    return authority?.state === 'active' ? [authority] : []
  })
}
