import { databaseSettings, loadSettings } from '@lexchange/config'
import { pino } from 'pino'

import { createDatabase } from './create-database.ts'
import { migrate } from './migrate.ts'

const log = pino({ name: 'migrate' })
const folder = process.argv[2]
if (!folder) throw new Error('usage: migrate-main.ts FOLDER, with DATABASE_URL')
const settings = loadSettings(databaseSettings, process.env)
const db = createDatabase<unknown>({
  connectionString: settings.DATABASE_URL,
  password: settings.DATABASE_PASSWORD,
  poolSize: 2,
  log,
})
try {
  const done = await migrate(db, folder)
  log.info(
    { folder, migrations: done },
    done.length > 0 ? 'database migrated' : 'database is up to date',
  )
} finally {
  await db.destroy()
}
