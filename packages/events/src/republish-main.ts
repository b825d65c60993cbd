import { databaseSettings, loadSettings } from '@lexchange/config'
import { createDatabase, type OutboxTables } from '@lexchange/postgres'
import { pino } from 'pino'

/** Has the relay publish again what was recorded from one time up to another: docs/operations.md. */
const log = pino({ name: 'republish' })
const [from, to] = process.argv.slice(2).map((argument) => new Date(argument))
if (!from || !to || Number.isNaN(from.getTime()) || Number.isNaN(to.getTime()))
  throw new Error('usage: republish-main.ts FROM TO (RFC 3339 times), with DATABASE_URL')
const settings = loadSettings(databaseSettings, process.env)
const db = createDatabase<OutboxTables>({
  connectionString: settings.DATABASE_URL,
  password: settings.DATABASE_PASSWORD,
  poolSize: 1,
  log,
})
try {
  const { numUpdatedRows } = await db
    .updateTable('outbox')
    .set({ published_at: null })
    .where('created_at', '>=', from)
    .where('created_at', '<', to)
    // Keys and sealed claims are taken from a snapshot; a second copy would have to be erased too.
    .where('subject', 'not like', 'sealed.%')
    .executeTakeFirst()
  log.info({ from, to, events: Number(numUpdatedRows) }, 'events will be published again')
} finally {
  await db.destroy()
}
