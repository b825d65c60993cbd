import { createTokenVerifier } from '@lexchange/auth'
import { buildIssuer } from '@lexchange/issuer'
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

const settings = (port: number) => ({
  PORT: String(port),
  PUBLIC_URL: `http://127.0.0.1:${port}`,
  TOKEN_ISSUER: REGISTRY,
  NATS_SERVERS: '127.0.0.1:1',
  DATABASE_URL: NOWHERE,
})

type Documented = { ready(): PromiseLike<unknown>; swagger(): object }

/** Each service's OpenAPI document, from the service as it runs. */
export async function openApiDocuments(): Promise<[service: string, document: object][]> {
  const log = pino({ level: 'silent' })
  const database = { connectionString: NOWHERE }
  const away = new Promise<never>(() => {})
  const registry = await buildRegistry({
    config: loadRegistryConfig({
      ...settings(7002),
      KEY_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
    }),
    db: createDatabase(database),
    database,
    nats: away,
    log,
  })
  const issuer = await buildIssuer({
    config: loadIssuerConfig(settings(7001)),
    db: createDatabase(database),
    database,
    nats: away,
    log,
  })
  const verification = await buildVerification({
    publicUrl: 'http://127.0.0.1:7003',
    tokenUrl: `${REGISTRY}/oauth/token`,
    staleAfterSeconds: 10,
    projection: {} as never,
    freshness: {} as never,
    directory: { authorize: () => {} } as never,
    verifier: createTokenVerifier(REGISTRY),
    log,
    metrics: new Registry(),
  })
  const apps: Record<string, Documented> = {
    issuer: issuer.app as never,
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
