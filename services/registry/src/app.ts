import { createTokenVerifier } from '@lexchange/auth'
import { createCertificateReader, createHttpServer, protectionOf } from '@lexchange/http-server'
import { DatabaseUnavailableError, isDatabaseUnavailable } from '@lexchange/postgres'
import { sql } from 'kysely'
import { Registry } from 'prom-client'

import { accessAnchorRoutes } from './access-records/index.ts'
import { agreementRoutes } from './agreements/index.ts'
import { type BackgroundDeps, startBackground } from './background/index.ts'
import { directoryRoutes } from './directory/index.ts'
import { entryRoutes } from './entries/index.ts'
import { natsCredentialRoutes } from './nats-credentials/index.ts'
import { oauthRoutes } from './oauth/index.ts'
import { parkedEventRoutes } from './parked-events/index.ts'
import { sealedSnapshotRoutes, snapshotRoutes } from './snapshots/index.ts'
import { subscriptionRoutes } from './subscriptions/index.ts'
import { trustRoutes } from './trust/index.ts'

export type RegistryDeps = Omit<BackgroundDeps, 'now'> & { now?: () => Date }

export async function buildRegistry({ now = () => new Date(), ...deps }: RegistryDeps) {
  const { config, db, log } = deps
  const metrics = new Registry()
  const issuer = config.TOKEN_ISSUER
  const verifier = createTokenVerifier(issuer)
  const background = startBackground({ ...deps, now }, verifier, metrics)
  const { policy, keys, streams, recorder, subscriptions, account } = background

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
    authorize: background.authorize,
    protection: protectionOf(config),
    recognise: (error) =>
      isDatabaseUnavailable(error) ? new DatabaseUnavailableError(error) : undefined,
    health: {
      postgres: async () => void (await sql`select 1`.execute(db)),
      nats: streams.checkHealth,
      'signing-keys': () => void keys.signingKid(),
    },
  })
  const certificateOf = createCertificateReader(config.CLIENT_CERT_HEADER)
  await app.register(oauthRoutes, { db, log, issuer, keys, policy, now, certificateOf })
  await app.register(directoryRoutes, { db, now })
  await app.register(agreementRoutes, { db, now })
  await app.register(entryRoutes, { db, now, recorder })
  await app.register(accessAnchorRoutes, { db })
  await app.register(snapshotRoutes, { db, readPosition: streams.readPosition })
  await app.register(sealedSnapshotRoutes, { db, readPosition: streams.readPosition })
  await app.register(parkedEventRoutes, { db })
  await app.register(trustRoutes, { db, issuer, now })
  await app.register(subscriptionRoutes, subscriptions.deps)
  await app.register(natsCredentialRoutes, { db, account, now })
  app.addHook('preClose', subscriptions.endConnections)
  app.addHook('onClose', background.stop)
  return { app, keys, metrics }
}
