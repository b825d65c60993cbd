import { createTokenVerifier } from '@lexchange/auth'
import { startRetention } from '@lexchange/events'
import { createHttpServer } from '@lexchange/http-server'
import {
  type DatabaseOptions,
  DatabaseUnavailableError,
  isDatabaseUnavailable,
} from '@lexchange/postgres'
import type { NatsConnection } from '@nats-io/transport-node'
import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'
import { Registry } from 'prom-client'

import type { RegistryConfig } from './config.ts'
import type { RegistryTables } from './database.ts'
import { directoryRoutes, onAuthorityKeys, watchSuspensions } from './directory/index.ts'
import { entryRoutes, measureHeldEvents, onIssuance } from './entries/index.ts'
import { keyPolicyOf, oauthRoutes, watchSigningKeys } from './oauth/index.ts'
import { parkedEventRoutes } from './parked-events/index.ts'
import { snapshotRoutes } from './snapshots/index.ts'
import { runStreams } from './streams/index.ts'
import { trustRoutes } from './trust/index.ts'

export type RegistryDeps = {
  config: RegistryConfig
  db: Kysely<RegistryTables>
  database: DatabaseOptions
  nats: Promise<NatsConnection>
  log: Logger
  now?: () => Date
}

export async function buildRegistry({ now = () => new Date(), ...deps }: RegistryDeps) {
  const { config, db, log } = deps
  const metrics = new Registry()
  const issuer = config.TOKEN_ISSUER
  const policy = keyPolicyOf(config)
  const verifier = createTokenVerifier(issuer)
  const keys = watchSigningKeys({ db, log, verifier, policy, now })
  const suspensions = watchSuspensions(db, log)
  const retention = startRetention(db as never, log)
  const handlers = [...onIssuance(log), onAuthorityKeys as never]
  const streams = runStreams({ ...deps, handlers, replicas: config.STREAM_REPLICAS, metrics })
  measureHeldEvents(db, metrics)

  const app = await createHttpServer({
    name: 'registry',
    title: 'Lexchange registry',
    description:
      'What licenses exist, who takes part in the exchange, and access tokens for all of it.',
    version: '1.0.0',
    publicUrl: config.PUBLIC_URL,
    tokenUrl: `${issuer}/oauth/token`,
    log,
    verifier,
    metrics,
    authorize: suspensions.authorize,
    recognise: (error) =>
      isDatabaseUnavailable(error) ? new DatabaseUnavailableError(error) : undefined,
    health: {
      postgres: async () => void (await sql`select 1`.execute(db)),
      nats: streams.checkHealth,
      'signing-keys': () => void keys.signingKid(),
    },
  })
  await app.register(oauthRoutes, { db, log, issuer, keys, policy, now })
  await app.register(directoryRoutes, { db, now })
  await app.register(entryRoutes, { db, now })
  await app.register(snapshotRoutes, { db, readPosition: streams.readPosition })
  await app.register(parkedEventRoutes, { db })
  await app.register(trustRoutes, { db, issuer, now })
  app.addHook('onClose', async () => {
    await streams.stop()
    await Promise.all([keys.stop(), suspensions.stop(), retention.stop()])
    await db.destroy()
  })
  return { app, keys, metrics }
}
