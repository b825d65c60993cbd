import { createTokenVerifier } from '@lexchange/auth'
import { connectNats, consumeEvents, startOutboxRelay, startRetention } from '@lexchange/events'
import { serve } from '@lexchange/http-server'
import { createDatabase } from '@lexchange/postgres'
import type { NatsConnection } from '@nats-io/transport-node'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { v7 as newId } from 'uuid'

import { buildIssuer } from './app.ts'
import { loadConfig } from './config.ts'
import type { IssuerTables } from './database.ts'
import { createDirectory, directoryHandlers } from './directory/index.ts'
import { startExpiry } from './expiry/index.ts'
import { startImports } from './imports/index.ts'

const config = loadConfig(process.env)
const log = pino({ name: 'issuer', level: config.LOG_LEVEL })
const metrics = new Registry()
const database = {
  connectionString: config.DATABASE_URL,
  password: config.DATABASE_PASSWORD,
  poolSize: config.DATABASE_POOL_SIZE,
  log,
}
const db = createDatabase<IssuerTables>(database)
const verifier = createTokenVerifier(config.TOKEN_ISSUER)
const directory = createDirectory(db, verifier, log)
await directory.load()

const clock = { now: () => new Date(), newId: () => newId() }
const imports = startImports({ db, log, findAuthority: directory.findAuthority, ...clock })
const expiry = startExpiry({ db, log, pollMs: config.EXPIRY_POLL_MS, ...clock })
const retention = startRetention(db, log)

let nats: NatsConnection | undefined
let connected = false
const streams: { stop(): Promise<void> }[] = []

/** HTTP does not wait for it: issuing goes on while NATS is away. */
async function connectStreams(): Promise<void> {
  nats = await connectNats({
    servers: config.NATS_SERVERS,
    name: 'issuer',
    user: config.NATS_USER,
    password: config.NATS_PASSWORD,
    log,
  })
  void watchConnection(nats)
  streams.push(
    consumeEvents({
      db,
      nats,
      stream: 'DIRECTORY',
      consumer: config.CONSUMER_NAME,
      handlers: directoryHandlers,
      log,
      metrics,
      onApplied: directory.refresh,
    }),
    startOutboxRelay({ db, database, nats, log, metrics }),
  )
}

async function watchConnection(connection: NatsConnection): Promise<void> {
  connected = true
  for await (const { type } of connection.status()) {
    if (type === 'disconnect') connected = false
    if (type === 'reconnect') connected = true
  }
}

const app = await buildIssuer({
  publicUrl: config.PUBLIC_URL,
  tokenUrl: `${config.TOKEN_ISSUER}/oauth/token`,
  db,
  directory,
  verifier,
  log,
  metrics,
  natsConnected: () => connected,
  importMaxBytes: config.IMPORT_MAX_BYTES,
  onImportReceived: imports.wake,
  ...clock,
})
app.addHook('onClose', async () => {
  for (const running of [imports, expiry, retention, ...streams, directory]) await running.stop()
  await nats?.drain().catch(() => {})
  await db.destroy()
})
void connectStreams()
await serve(app, {
  host: config.HOST,
  port: config.PORT,
  shutdownSeconds: config.SHUTDOWN_SECONDS,
  drainSeconds: config.DRAIN_SECONDS,
})
log.info({ port: config.PORT }, 'issuer listens')
