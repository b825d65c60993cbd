import { createTokenVerifier } from '@lexchange/auth'
import { createFileKeyEncryption } from '@lexchange/encryption'
import { connectNats, consumeEvents, startOutboxRelay, startRetention } from '@lexchange/events'
import { protectionOf, serve } from '@lexchange/http-server'
import { createDatabase } from '@lexchange/postgres'
import type { NatsConnection } from '@nats-io/transport-node'
import { Registry } from 'prom-client'
import { v7 as newId } from 'uuid'

import { buildIssuer } from './app.ts'
import { loadConfig } from './config.ts'
import { createLog } from './create-log.ts'
import { startDataKeys } from './data-keys/index.ts'
import type { IssuerTables } from './database.ts'
import { createDirectory, directoryHandlers } from './directory/index.ts'
import { startExpiry } from './expiry/index.ts'
import { startImports } from './imports/index.ts'
import { dropOldIntents, startReissue } from './licenses/index.ts'
import { dropOldPresentations } from './presentations/index.ts'
import { buildSigning } from './signing/index.ts'
import { startStatusLists } from './status-lists/index.ts'

const config = loadConfig(process.env)
const log = createLog(config.LOG_LEVEL)
const metrics = new Registry()
const database = {
  connectionString: config.DATABASE_URL,
  password: config.DATABASE_PASSWORD,
  poolSize: config.DATABASE_POOL_SIZE,
  log,
}
const db = createDatabase<IssuerTables>(database)
const verifier = createTokenVerifier(config.TOKEN_ISSUER)
const served = config.AUTHORITY_IDS
const directory = createDirectory(db, verifier, log, served.length > 0 ? served : undefined)
await directory.load()

const clock = { now: () => new Date(), newId: () => newId() }
const claimKeys = createFileKeyEncryption(config.CLAIM_KEYRING)
const signing = buildSigning({ config, db, directory, log, claimKeys, ...clock })
signing.keyring.start()
const imports = startImports({ ...signing, findAuthority: directory.findAuthority, log })
const findActive = (id: string) => directory.listAuthorities().find((each) => each.id === id)
const reissue = startReissue({ ...signing, findAuthority: findActive, log })
const statusLists = startStatusLists({ ...signing.publishing, log, metrics })
const expiry = startExpiry({ db, log, pollMs: config.EXPIRY_POLL_MS, ...clock })
const dataKeys = startDataKeys({ db, keys: claimKeys, log, metrics })
const retention = startRetention(db, log, async () => {
  await dropOldIntents(db)
  await dropOldPresentations(db)
})

let nats: NatsConnection | undefined
let connected = false
const streams: { stop(): Promise<void> }[] = []

/** HTTP does not wait for it: issuing goes on while NATS is away. */
async function connectStreams(): Promise<void> {
  nats = await connectNats({
    servers: config.NATS_SERVERS,
    name: 'issuer',
    credentials: config.NATS_CREDENTIALS,
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
  directory,
  verifier,
  log,
  metrics,
  natsConnected: () => connected,
  statusListTtlSeconds: config.STATUS_LIST_TTL_SECONDS,
  importMaxBytes: config.IMPORT_MAX_BYTES,
  onImportReceived: imports.wake,
  onCompromised: reissue.wake,
  protection: protectionOf(config),
  sandbox: config.SANDBOX === 'yes',
  ...signing,
})
app.addHook('onClose', async () => {
  const background = [imports, reissue, statusLists, expiry, dataKeys, retention]
  for (const running of [...background, ...streams, directory, signing.keyring])
    await running.stop()
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
