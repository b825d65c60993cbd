import { createTokenVerifier } from '@lexchange/auth'
import { DEFAULT_PROTECTION } from '@lexchange/http-server'
import { buildIssuer, buildSigning } from '@lexchange/issuer'
import { loadConfig as loadIssuerConfig } from '@lexchange/issuer/config'
import { buildOversight } from '@lexchange/oversight'
import { loadConfig as loadOversightConfig } from '@lexchange/oversight/config'
import { createDatabase } from '@lexchange/postgres'
import { buildRegistry } from '@lexchange/registry'
import { loadConfig as loadRegistryConfig } from '@lexchange/registry/config'
import { buildVerification } from '@lexchange/verification'
import { type Logger, pino } from 'pino'
import { Registry } from 'prom-client'

import { temporaryKeyring } from './temporary-keyring.ts'

/** Nobody answers here: the documents need no database and no broker. */
const NOWHERE = 'postgres://nobody@127.0.0.1:1/nothing'
const REGISTRY = 'http://127.0.0.1:7002'

const registrySettings = {
  PORT: '7002',
  PUBLIC_URL: REGISTRY,
  TOKEN_ISSUER: REGISTRY,
  NATS_SERVERS: '127.0.0.1:1',
  DATABASE_URL: NOWHERE,
  KEY_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
  CLAIM_KEYRING: temporaryKeyring(),
}

const issuerSettings = {
  ...registrySettings,
  PORT: '7001',
  PUBLIC_URL: 'http://127.0.0.1:7001',
  KEY_DIR: '/nowhere',
  CLAIM_KEYRING: '/nowhere/claim-keys.json',
}

const oversightSettings = {
  ...registrySettings,
  PORT: '7004',
  PUBLIC_URL: 'http://127.0.0.1:7004',
}

function unreached(log: Logger) {
  const database = { connectionString: NOWHERE }
  return { database, db: createDatabase(database), nats: new Promise<never>(() => {}), log }
}

const unused = { authorize: () => {} } as never

const UNUSED = {
  tokenUrl: `${REGISTRY}/oauth/token`,
  directory: unused,
  protection: DEFAULT_PROTECTION,
}

type Documented = { ready(): PromiseLike<unknown>; swagger(): object }

/** Each service's OpenAPI document, from the service as it runs. */
export async function openApiDocuments(): Promise<[service: string, document: object][]> {
  const log = pino({ level: 'silent' })
  const database = { connectionString: NOWHERE }
  const registry = await buildRegistry({
    config: loadRegistryConfig(registrySettings),
    ...unreached(log),
  })
  const verifier = createTokenVerifier(REGISTRY)
  const common = { ...UNUSED, verifier, log }
  const issuer = await buildIssuer({
    ...common,
    ...buildSigning({
      config: loadIssuerConfig(issuerSettings),
      db: createDatabase(database),
      ...{ directory: unused, log, claimKeys: unused },
      now: () => new Date(),
      newId: () => '',
    }),
    publicUrl: issuerSettings.PUBLIC_URL,
    metrics: new Registry(),
    natsConnected: () => false,
    statusListTtlSeconds: 60,
    importMaxBytes: 1,
    onImportReceived: () => {},
    onCompromised: () => {},
    // Documented too, and said to be absent elsewhere.
    sandbox: true,
  })
  const verification = await buildVerification({
    ...common,
    publicUrl: 'http://127.0.0.1:7003',
    staleAfterSeconds: 10,
    ...{ projection: unused, freshness: unused, receipts: unused },
    ...{ access: unused, limits: unused, keys: unused },
    metrics: new Registry(),
  })
  const oversight = await buildOversight({
    config: loadOversightConfig(oversightSettings),
    ...unreached(log),
  })
  const apps: Record<string, Documented> = {
    issuer: issuer as never,
    registry: registry.app as never,
    verification: verification as never,
    oversight: oversight.app as never,
  }
  return Promise.all(
    Object.entries(apps).map(async ([service, app]) => {
      await app.ready()
      return [service, app.swagger()] as [string, object]
    }),
  )
}
