import { createTokenVerifier } from '@lexchange/auth'
import { startRetention } from '@lexchange/events'
import { createHttpServer, protectionOf } from '@lexchange/http-server'
import {
  type DatabaseOptions,
  DatabaseUnavailableError,
  isDatabaseUnavailable,
} from '@lexchange/postgres'
import type { NatsConnection } from '@nats-io/transport-node'
import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'
import { Registry } from 'prom-client'

import { createPartitions, keepPartitions } from './access-records/index.ts'
import { caseOfFinding } from './cases/index.ts'
import type { OversightConfig } from './config.ts'
import type { OversightTables } from './database.ts'
import { createDirectory } from './directory/index.ts'
import { createRuleWatcher } from './findings/index.ts'
import { oversightRoutes } from './oversight.routes.ts'
import { runStreams } from './streams/index.ts'

export type OversightDeps = {
  config: OversightConfig
  db: Kysely<OversightTables>
  database: DatabaseOptions
  nats: Promise<NatsConnection>
  log: Logger
  now?: () => Date
}

export async function buildOversight({ now = () => new Date(), ...deps }: OversightDeps) {
  const { config, db, log } = deps
  const metrics = new Registry()
  const verifier = createTokenVerifier(config.TOKEN_ISSUER)
  const directory = createDirectory(db, verifier, log)
  const partitions = createPartitions(db, now)
  const watcher = createRuleWatcher({
    ...{ ...directory, db: db as never, now },
    onFinding: (trx, finding) => caseOfFinding(trx as never, finding, now()),
  })
  const streams = runStreams({
    ...{ ...deps, db: db as never, directory, partitions, watcher, metrics },
    interval: config.FINDING_SECONDS * 1000,
  })
  const background = [
    keepPartitions({ partitions, ahead: config.PARTITIONS_AHEAD, log, now }),
    startRetention(db as never, log),
    directory,
  ]
  void directory.load()

  const app = await createHttpServer({
    name: 'oversight',
    title: 'Lexchange oversight',
    description:
      'Who looked at what and why, what is out of proportion, and what was done about it.',
    version: '1.0.0',
    publicUrl: config.PUBLIC_URL,
    tokenUrl: `${config.TOKEN_ISSUER}/oauth/token`,
    ...{ log, verifier, metrics },
    ...{ authorize: directory.authorize, protection: protectionOf(config) },
    recognise: (error) =>
      isDatabaseUnavailable(error) ? new DatabaseUnavailableError(error) : undefined,
    health: {
      postgres: async () => void (await sql`select 1`.execute(db)),
      nats: streams.checkHealth,
      directory: () => {
        if (!verifier.ready) throw new Error('the keys of access tokens are not known yet')
      },
    },
  })
  await app.register(oversightRoutes, { db, directory, now })
  app.addHook('onClose', async () => {
    await streams.stop()
    for (const running of background) await running.stop()
    await db.destroy()
  })
  return { app, metrics }
}
