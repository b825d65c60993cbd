import { appendToOutbox } from '@lexchange/postgres'
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Kysely } from 'kysely'

import { entryEvent } from './directory.events.ts'
import { listEntries } from './directory.repository.ts'
import type { DirectoryTables } from './directory.tables.ts'
import type { Entry, EntryKind } from './entry.ts'

const KINDS: readonly EntryKind[] = [
  'key',
  'authority',
  'authority-keys',
  'department',
  'client',
  'agreement',
]
const PAGE = 100
const NO_MESSAGE = 10037

/**
 * Announces again what the DIRECTORY stream lacks, e.g. after it was made anew: current entries whose
 * last message is missing or older, and that do not wait in the outbox already.
 */
export async function completeDirectory(
  db: Kysely<DirectoryTables>,
  nats: NatsConnection,
): Promise<number> {
  const manager = await jetstreamManager(nats, { checkAPI: false })
  let count = 0
  for (const kind of KINDS) {
    let after: string | undefined
    do {
      const entries: Entry[] = await listEntries(db, kind, { after, limit: PAGE })
      count += await completePage(db, manager, entries)
      after = entries.length === PAGE ? entries.at(-1)?.data.id : undefined
    } while (after !== undefined)
  }
  return count
}

async function completePage(
  db: Kysely<DirectoryTables>,
  manager: JetStreamManager,
  entries: readonly Entry[],
): Promise<number> {
  const messages = entries.map((entry) => ({ entry, message: entryEvent(entry) }))
  const missing = await Promise.all(
    messages.map(async ({ entry, message }) =>
      (await publishedRevision(manager, message.subject)) < entry.revision ? [message] : [],
    ),
  )
  const lacking = missing.flat()
  if (lacking.length === 0) return 0
  return db.transaction().execute(async (trx) => {
    const waiting = await trx
      .selectFrom('outbox')
      .select('subject')
      .where('published_at', 'is', null)
      .where(
        'subject',
        'in',
        lacking.map(({ subject }) => subject),
      )
      .execute()
    const known = new Set(waiting.map(({ subject }) => subject))
    const again = lacking.filter(({ subject }) => !known.has(subject))
    await appendToOutbox(trx, ...again)
    return again.length
  })
}

async function publishedRevision(manager: JetStreamManager, subject: string): Promise<number> {
  try {
    const message = await manager.streams.getMessage('DIRECTORY', { last_by_subj: subject })
    return message?.json<{ data: { revision: number } }>().data.revision ?? 0
  } catch (error) {
    if ((error as { code?: unknown }).code === NO_MESSAGE) return 0
    throw error
  }
}
