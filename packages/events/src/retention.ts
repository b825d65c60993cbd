import {
  dropOldAnswers,
  type IdempotencyTables,
  type InboxTables,
  type OutboxTables,
} from '@lexchange/postgres'
import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'

import { createPulse } from './pulse.ts'

type RetentionTables = IdempotencyTables & InboxTables & OutboxTables

/** How often, in ms. */
const INTERVAL = 600_000
/** The stream keeps no message longer, so nothing older can be asked for or come again. */
const KEEP = sql`interval '30 days'`

/** Deletes what is no longer needed: answers of a day ago, published events and inbox of 30 days ago. */
async function dropOldRows(db: Kysely<RetentionTables>): Promise<void> {
  await dropOldAnswers(db as unknown as Kysely<IdempotencyTables>)
  await sql`
    delete from outbox where published_at is not null and created_at < now() - ${KEEP}`.execute(db)
  await sql`delete from inbox where received_at < now() - ${KEEP}`.execute(db)
}

/**
 * Keeps doing so for as long as the process lives; the returned function stops it.
 * @param own deletes what only this service has.
 */
export function startRetention(
  db: Kysely<RetentionTables>,
  log: Logger,
  own: () => Promise<void> = async () => {},
): { stop(): Promise<void> } {
  const pulse = createPulse()
  const running = (async () => {
    while (!pulse.stopped) {
      await dropOldRows(db)
        .then(own)
        .catch((err) => log.warn({ err }, 'old rows could not be deleted'))
      await pulse.wait(INTERVAL)
    }
  })()
  return {
    async stop() {
      pulse.stop()
      await running
    },
  }
}
