import { connectNats } from '@lexchange/events'
import { serve } from '@lexchange/http-server'
import { createDatabase } from '@lexchange/postgres'
import { pino } from 'pino'

import { buildOversight } from './app.ts'
import { loadConfig } from './config.ts'
import type { OversightTables } from './database.ts'

const config = loadConfig(process.env)
const log = pino({ name: 'oversight', level: config.LOG_LEVEL })
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
const nats = connectNats({
  servers: config.NATS_SERVERS,
  name: 'oversight',
  credentials: config.NATS_CREDENTIALS,
  log,
})
const db = createDatabase<OversightTables>(database)
const { app } = await buildOversight({ config, db, database, nats, log })
await serve(app as never, {
  host: config.HOST,
  port: config.PORT,
  shutdownSeconds: config.SHUTDOWN_SECONDS,
  drainSeconds: config.DRAIN_SECONDS,
})
