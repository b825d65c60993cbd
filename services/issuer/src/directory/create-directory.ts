import { type Client, ClientSuspendedError, type TokenVerifier } from '@lexchange/auth'
import type { AuthorityEntry, ClientEntry, DepartmentEntry, KeyEntry } from '@lexchange/contracts'
import { createPulse } from '@lexchange/events'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'

import { NotAnAuthorityError } from './directory.errors.ts'
import { readEntries, readMark } from './directory.repository.ts'
import type { DirectoryTables } from './directory.tables.ts'

export type Directory = {
  /** @throws ClientSuspendedError */
  authorize(client: Client): void
  /** The authority that a client acts for. @throws NotAnAuthorityError */
  authorityOf(client: Pick<Client, 'clientId' | 'authorityId'>): AuthorityEntry
  findAuthority(id: string): AuthorityEntry | undefined
  /** Looks at once, e.g. because this process has stored a change. */
  refresh(): void
  /** Resolves when it was first read. */
  load(): Promise<void>
  stop(): Promise<void>
}

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
): Directory {
  const pulse = createPulse()
  const entries = new Map<string, unknown>()
  let mark: string | undefined
  let keyRevision = 0
  let running: Promise<void> | undefined

  const find = <Entry>(kind: string, id: string) =>
    entries.get(`${kind} ${id}`) as Entry | undefined

  async function read(): Promise<void> {
    const present = await readMark(db)
    if (present === mark) return
    for (const { kind, id, value } of await readEntries(db)) entries.set(`${kind} ${id}`, value)
    mark = present
    const keys = find<KeyEntry>('key', 'oauth')
    if (!keys || keys.revision <= keyRevision) return
    verifier.useKeys(keys.jwks as Parameters<TokenVerifier['useKeys']>[0])
    keyRevision = keys.revision
  }

  async function watch(): Promise<void> {
    while (!pulse.stopped) {
      await read().catch((err) => log.debug({ err }, 'directory could not be read'))
      await pulse.wait(INTERVAL)
    }
  }

  return {
    authorize({ clientId, authorityId, departmentId }) {
      const owners = [
        find<ClientEntry>('client', clientId),
        authorityId === undefined ? undefined : find<AuthorityEntry>('authority', authorityId),
        departmentId === undefined ? undefined : find<DepartmentEntry>('department', departmentId),
      ]
      if (owners.some((owner) => owner?.state === 'suspended'))
        throw new ClientSuspendedError(clientId)
    },
    authorityOf({ clientId, authorityId }) {
      const authority =
        authorityId === undefined ? undefined : find<AuthorityEntry>('authority', authorityId)
      if (!authority) throw new NotAnAuthorityError(clientId)
      return authority
    },
    findAuthority: (id) => find('authority', id),
    refresh: () => pulse.beat(),
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
