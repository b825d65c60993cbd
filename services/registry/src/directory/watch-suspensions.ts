import { type Client, ClientSuspendedError } from '@lexchange/auth'
import { createPulse } from '@lexchange/events'
import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'

import type { DirectoryTables } from './directory.tables.ts'

/** How often the registry looks who was suspended, in ms: well within the second it promises. */
const INTERVAL = 400

/**
 * Keeps the set of suspended clients in memory, so that a token outlives a suspension by less than a
 * second and no request waits for a query. While the database is away the last set holds.
 */
export function watchSuspensions(db: Kysely<DirectoryTables>, log: Logger) {
  const pulse = createPulse()
  let suspended = new Set<string>()
  const running = (async () => {
    while (!pulse.stopped) {
      try {
        suspended = new Set(await findSuspendedClients(db))
      } catch (err) {
        log.debug({ err }, 'suspensions could not be read')
      }
      await pulse.wait(INTERVAL)
    }
  })()
  return {
    /** @throws ClientSuspendedError */
    authorize({ clientId }: Client): void {
      if (suspended.has(clientId)) throw new ClientSuspendedError(clientId)
    },
    async stop() {
      pulse.stop()
      await running
    },
  }
}

/** Clients that are suspended, themselves or with the organisation they belong to. */
async function findSuspendedClients(db: Kysely<DirectoryTables>): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select client.id from directory_entry client
    left join directory_entry owner
      on owner.kind = client.data ->> 'kind'
      and owner.id = coalesce(client.data ->> 'authorityId', client.data ->> 'departmentId')
    where client.kind = 'client'
      and 'suspended' in (client.data ->> 'state', owner.data ->> 'state')`.execute(db)
  return rows.map(({ id }) => id)
}
