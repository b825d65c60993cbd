import {
  type Client,
  ClientSuspendedError,
  type RequiredBinding,
  requireBinding,
} from '@lexchange/auth'
import { createPulse } from '@lexchange/events'
import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'

import type { DirectoryTables } from './directory.tables.ts'

/** How often the registry looks who was suspended, in ms: well within the second it promises. */
const INTERVAL = 400

/**
 * Keeps in memory which clients are suspended and which must bind their tokens, so that a token outlives
 * such a change by less than a second and no request waits for a query. While the database is away what
 * was known last holds.
 */
export function watchSuspensions(db: Kysely<DirectoryTables>, log: Logger) {
  const pulse = createPulse()
  let suspended = new Set<string>()
  let bindings = new Map<string, RequiredBinding>()
  const running = (async () => {
    while (!pulse.stopped) {
      try {
        const clients = await findRestrictedClients(db)
        suspended = new Set(clients.flatMap(({ id, suspended }) => (suspended ? [id] : [])))
        bindings = new Map(clients.flatMap(({ id, binding }) => (binding ? [[id, binding]] : [])))
      } catch (err) {
        log.debug({ err }, 'suspensions could not be read')
      }
      await pulse.wait(INTERVAL)
    }
  })()
  return {
    /** @throws ClientSuspendedError, TokenBindingRequiredError */
    authorize(client: Client): void {
      if (suspended.has(client.clientId)) throw new ClientSuspendedError(client.clientId)
      requireBinding(client, bindings.get(client.clientId))
    },
    async stop() {
      pulse.stop()
      await running
    },
  }
}

type Restricted = { id: string; suspended: boolean; binding: RequiredBinding | null }

/** Clients that are suspended, themselves or with the organisation they belong to, or must bind tokens. */
async function findRestrictedClients(db: Kysely<DirectoryTables>): Promise<Restricted[]> {
  const { rows } = await sql<Restricted>`
    select * from (
      select client.id, client.data ->> 'tokenBinding' as binding,
        'suspended' in (client.data ->> 'state', coalesce(owner.data ->> 'state', '')) as suspended
      from directory_entry client
      left join directory_entry owner
        on owner.kind = client.data ->> 'kind'
        and owner.id = coalesce(client.data ->> 'authorityId', client.data ->> 'departmentId')
      where client.kind = 'client') each
    where suspended or binding is not null`.execute(db)
  return rows
}
