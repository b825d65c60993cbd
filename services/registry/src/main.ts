import { readFile } from 'node:fs/promises'

import { connectNats } from '@lexchange/events'
import { serve } from '@lexchange/http-server'
import { createDatabase, isDatabaseUnavailable } from '@lexchange/postgres'
import { pino } from 'pino'

import { seedAgreements } from './agreements/index.ts'
import { buildRegistry } from './app.ts'
import { loadConfig } from './config.ts'
import type { RegistryTables } from './database.ts'
import { seedDirectory } from './directory/index.ts'

const config = loadConfig(process.env)
const log = pino({ name: 'registry', level: config.LOG_LEVEL })
for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, (err) => {
    log.fatal({ err }, 'stopped by a failure nobody expected')
    process.exit(1)
  })

const database = {
  connectionString: config.DATABASE_URL,
  password: config.DATABASE_PASSWORD,
  poolSize: config.DATABASE_POOL_SIZE,
  log,
}
const db = createDatabase<RegistryTables>(database)
const nats = connectNats({
  servers: config.NATS_SERVERS,
  name: 'registry',
  credentials: config.NATS_CREDENTIALS,
  log,
})
const { app } = await buildRegistry({ config, db, database, nats, log })
await serve(app as never, {
  host: config.HOST,
  port: config.PORT,
  shutdownSeconds: config.SHUTDOWN_SECONDS,
  drainSeconds: config.DRAIN_SECONDS,
})
if (config.DIRECTORY_SEED !== '') await seed(config.DIRECTORY_SEED)

/** The database may come up later than this process. */
async function seed(path: string): Promise<void> {
  const content: unknown = JSON.parse(await readFile(path, 'utf8'))
  for (;;) {
    try {
      const entries = await seedDirectory(db, content, new Date())
      const agreements = await seedAgreements(db, content, new Date())
      log.info({ entries, agreements }, 'directory seeded')
      return
    } catch (err) {
      if (!isDatabaseUnavailable(err)) throw err
      log.warn({ err }, 'directory not seeded yet')
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }
  }
}
