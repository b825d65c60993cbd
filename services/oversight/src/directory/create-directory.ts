import {
  type Client,
  ClientSuspendedError,
  requireBinding,
  type TokenVerifier,
} from '@lexchange/auth'
import type { AgreementEntry, ClientEntry, DepartmentEntry, KeyEntry } from '@lexchange/contracts'
import { createPulse } from '@lexchange/events'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'

import { readEntries, readMark } from './directory.repository.ts'
import type { DirectoryTables } from './directory.tables.ts'

export type Directory = {
  /** @throws ClientSuspendedError, TokenBindingRequiredError */
  authorize(client: Client): void
  findDepartment(id: string): DepartmentEntry | undefined
  listDepartments(): DepartmentEntry[]
  findAgreement(id: string): AgreementEntry | undefined
  agreementsOf(departmentId: string): AgreementEntry[]
  /** Looks at once, e.g. because this process has stored a change. */
  refresh(): void
  /** Resolves when it was first read, or could not be read yet. */
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
  const list = <Entry>(kind: string) =>
    [...entries].flatMap(([place, entry]) => (place.startsWith(`${kind} `) ? [entry as Entry] : []))

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
      const { clientId, authorityId = '', departmentId = '' } = caller
      const owners = [
        find<ClientEntry>('client', clientId),
        find<DepartmentEntry>('authority', authorityId),
        find<DepartmentEntry>('department', departmentId),
      ]
      if (owners.some((owner) => owner?.state === 'suspended'))
        throw new ClientSuspendedError(clientId)
      requireBinding(caller, find<ClientEntry>('client', clientId)?.tokenBinding)
    },
    findDepartment: (id) => find('department', id),
    listDepartments: () => list('department'),
    findAgreement: (id) => find('agreement', id),
    agreementsOf: (departmentId) =>
      list<AgreementEntry>('agreement').filter((each) => each.departmentId === departmentId),
    refresh: pulse.beat,
    async load() {
      await read().catch((err) => log.debug({ err }, 'directory could not be read yet'))
      running ??= watch()
    },
    async stop() {
      pulse.stop()
      await running
    },
  }
}
