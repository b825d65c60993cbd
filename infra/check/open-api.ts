import { createTokenVerifier } from '@lexchange/auth'
import { buildIssuer, buildSigning } from '@lexchange/issuer'
import { loadConfig as loadIssuerConfig } from '@lexchange/issuer/config'
import { createDatabase } from '@lexchange/postgres'
import { buildRegistry } from '@lexchange/registry'
import { loadConfig as loadRegistryConfig } from '@lexchange/registry/config'
import { buildVerification } from '@lexchange/verification'
import { pino } from 'pino'
import { Registry } from 'prom-client'

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
}

const issuerSettings = {
  ...registrySettings,
  PORT: '7001',
  PUBLIC_URL: 'http://127.0.0.1:7001',
  KEY_DIR: '/nowhere',
}

type Documented = { ready(): PromiseLike<unknown>; swagger(): object }

/** Each service's OpenAPI document, from the service as it runs. */
export async function openApiDocuments(): Promise<[service: string, document: object][]> {
  const log = pino({ level: 'silent' })
  const database = { connectionString: NOWHERE }
  const away = new Promise<never>(() => {})
  const registry = await buildRegistry({
    config: loadRegistryConfig(registrySettings),
    db: createDatabase(database),
    database,
    nats: away,
    log,
  })
  const verifier = createTokenVerifier(REGISTRY)
  const unused = { authorize: () => {} } as never
  const common = { tokenUrl: `${REGISTRY}/oauth/token`, directory: unused, verifier, log }
  const issuer = await buildIssuer({
    ...common,
    ...buildSigning({
      config: loadIssuerConfig(issuerSettings),
      db: createDatabase(database),
      directory: unused,
      log,
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
  })
  const verification = await buildVerification({
    ...common,
    publicUrl: 'http://127.0.0.1:7003',
    staleAfterSeconds: 10,
    projection: unused,
    freshness: unused,
    receipts: unused,
    metrics: new Registry(),
  })
  const apps: Record<string, Documented> = {
    issuer: issuer as never,
    registry: registry.app as never,
    verification: verification as never,
  }
  return Promise.all(
    Object.entries(apps).map(async ([service, app]) => {
      await app.ready()
      return [service, app.swagger()] as [string, object]
    }),
  )
}
