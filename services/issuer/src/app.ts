import type { TokenVerifier } from '@lexchange/auth'
import { createHttpServer, type Protection } from '@lexchange/http-server'
import { DatabaseUnavailableError, isDatabaseUnavailable } from '@lexchange/postgres'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

import type { Directory } from './directory/index.ts'
import { importRoutes } from './imports/index.ts'
import { keyRoutes } from './keys/index.ts'
import { licenseTypeRoutes } from './license-types/index.ts'
import { changeRoutes, countCredentials, erasureRoutes, licenseRoutes } from './licenses/index.ts'
import { parkedEventRoutes } from './parked-events/index.ts'
import { presentationRoutes } from './presentations/index.ts'
import { sandboxRoutes } from './sandbox/index.ts'
import type { Signing } from './signing/index.ts'
import { snapshotRoutes } from './snapshots/index.ts'
import { statusListRoutes } from './status-lists/index.ts'

export { buildSigning } from './signing/index.ts'

export type IssuerOptions = Signing & {
  publicUrl: string
  tokenUrl: string
  directory: Directory
  verifier: TokenVerifier
  log: Logger
  metrics: Registry
  natsConnected: () => boolean
  statusListTtlSeconds: number
  importMaxBytes: number
  onImportReceived: () => void
  onCompromised: () => void
  protection: Protection
  sandbox: boolean
}

/** Longest time that a request, e.g. a large import, may take to arrive, in ms. */
const REQUEST_TIMEOUT = 900_000

export async function buildIssuer(options: IssuerOptions) {
  const { db, directory, verifier, natsConnected } = options
  const app = await createHttpServer({
    ...options,
    name: 'issuer',
    title: 'Lexchange issuer',
    description: 'Issues licenses for an authority, and changes them. Runs at the authority.',
    version: '1.0.0',
    requestTimeout: REQUEST_TIMEOUT,
    authorize: directory.authorize,
    recognise: (error) =>
      isDatabaseUnavailable(error) ? new DatabaseUnavailableError(error) : undefined,
    health: {
      postgres: async () => void (await sql`select 1`.execute(db)),
      nats: () => (natsConnected() ? undefined : 'away: events wait in the outbox'),
      directory: () => {
        if (!verifier.ready) throw new Error('the keys of access tokens are not known yet')
      },
    },
  })
  for (const routes of [licenseRoutes, changeRoutes, erasureRoutes])
    await app.register(routes, { prefix: '/v1', ...options })
  await app.register(licenseTypeRoutes, { prefix: '/v1' })
  await app.register(importRoutes, {
    prefix: '/v1',
    ...options,
    maxBytes: options.importMaxBytes,
    onReceived: options.onImportReceived,
  })
  await app.register(statusListRoutes, options)
  await app.register(presentationRoutes, { prefix: '/v1', ...options })
  await app.register(keyRoutes, {
    ...options,
    countCredentials: (kid) => countCredentials(db, kid),
  })
  if (options.sandbox) await app.register(sandboxRoutes, { prefix: '/v1', ...options })
  await app.register(snapshotRoutes, { prefix: '/v1', db })
  await app.register(parkedEventRoutes, { prefix: '/v1', db })
  return app
}
