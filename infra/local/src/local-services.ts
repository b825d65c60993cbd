import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

import type { Log } from './find-nats-server.ts'
import { natsSecretsOf, type secretsOf } from './first-files.ts'
import { CACHE, type Home, ROOT } from './paths.ts'
import type { Ports } from './ports.ts'
import { type RunningProcess, runProcess } from './run-process.ts'
import { hasEnded, spawnChild, tailOf } from './spawn-child.ts'

export type ServiceName = 'issuer' | 'registry' | 'verification' | 'oversight'

export const SERVICES: readonly ServiceName[] = ['issuer', 'registry', 'verification', 'oversight']

/** Those with a database of their own. */
export type DatabaseName = Exclude<ServiceName, 'verification'>

export const DATABASES: readonly DatabaseName[] = ['issuer', 'registry', 'oversight']

export type ServiceOptions = {
  home: Home
  ports: Ports
  secrets: ReturnType<typeof secretsOf>
  /** Further settings by service, e.g. for tests. */
  env?: Partial<Record<ServiceName, NodeJS.ProcessEnv>>
  onSpawn: (name: string, pid: number) => void
  /** Takes the lines that a service logs. */
  onLine: (name: string, line: string) => void
  log: Log
}

/** What of the environment reaches a service beside its settings. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'TZ', 'LOG_LEVEL', 'NODE_OPTIONS', 'TMPDIR']

function inherited(): NodeJS.ProcessEnv {
  const kept = INHERITED.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))
  // Compiled code is kept between starts, which halves the time that a service takes to come up.
  return { NODE_COMPILE_CACHE: join(CACHE, 'compiled'), ...Object.fromEntries(kept) }
}

/** How a service reaches its own database. */
export function databaseEnv(
  name: DatabaseName,
  { ports, secrets }: Pick<ServiceOptions, 'ports' | 'secrets'>,
): { DATABASE_URL: string; DATABASE_PASSWORD_FILE: string } {
  return {
    DATABASE_URL: `postgres://${name}@127.0.0.1:${ports.postgres}/${name}`,
    DATABASE_PASSWORD_FILE: secrets.file(`database-${name}`),
  }
}

function settingsOf(name: ServiceName, options: ServiceOptions): NodeJS.ProcessEnv {
  const { home, ports, secrets } = options
  const registry = `http://127.0.0.1:${ports.registry}`
  const own: Record<ServiceName, () => NodeJS.ProcessEnv> = {
    issuer: () => ({
      ...databaseEnv('issuer', options),
      KEY_ENCRYPTION_KEY_FILE: secrets.file('issuer-key-encryption-key'),
      KEY_DIR: home.issuerKeys,
      CLAIM_KEYRING: home.issuerClaimKeys,
      SANDBOX: 'yes',
    }),
    registry: () => ({
      ...databaseEnv('registry', options),
      KEY_ENCRYPTION_KEY_FILE: secrets.file('key-encryption-key'),
      DIRECTORY_SEED: home.directorySeed,
      CLAIM_KEYRING: home.exchangeClaimKeys,
      WEBHOOK_ALLOW_LOCAL: 'yes',
      NATS_ACCOUNT_KEYS_FILE: natsSecretsOf(home).accountKeys,
    }),
    verification: () => ({
      REGISTRY_URL: registry,
      OUTGOING_PRIVATE_HOSTS: 'allow',
      CLIENT_ID: 'verification',
      CLIENT_KEY_FILE: home.verificationKey,
      RECEIPT_KEYS_FILE: home.receiptKeys,
      DATA_DIR: home.projection,
      CLAIM_KEYRING: home.exchangeClaimKeys,
    }),
    oversight: () => databaseEnv('oversight', options),
  }
  return {
    HOST: '127.0.0.1',
    PORT: String(ports[name]),
    PUBLIC_URL: `http://127.0.0.1:${ports[name]}`,
    TOKEN_ISSUER: registry,
    NATS_SERVERS: `127.0.0.1:${ports.nats}`,
    NATS_CREDENTIALS_FILE: natsSecretsOf(home).credentials(name),
    SHUTDOWN_SECONDS: '5',
    ...own[name](),
  }
}

export function startService(name: ServiceName, options: ServiceOptions): RunningProcess {
  const { home, ports, onLine, log } = options
  const logFile = join(home.logs, `${name}.log`)
  mkdirSync(home.logs, { recursive: true })
  const keep = lineKeeper(logFile, log)
  return runProcess({
    name,
    command: process.execPath,
    args: [join(ROOT, 'services', name, 'src/main.ts')],
    cwd: ROOT,
    env: { ...inherited(), ...settingsOf(name, options), ...options.env?.[name] },
    logFile,
    onOutput: (line) => {
      keep(line)
      onLine(name, line)
    },
    stopSignal: 'SIGTERM',
    stopWithin: 10_000,
    isReady: () => isReady(ports[name]),
    explain: (tail) =>
      tail.includes('EADDRINUSE')
        ? `${name} cannot listen on port ${ports[name]}: something else does.`
        : undefined,
    onSpawn: (pid) => options.onSpawn(name, pid),
    log,
  })
}

/** A log that cannot be written (a full disk) is said once, and ends nothing. */
function lineKeeper(file: string, log: Log): (line: string) => void {
  let fails = false
  return (line) => {
    try {
      appendFileSync(file, `${line}\n`)
      fails = false
    } catch (error) {
      if (!fails) log(`${file} cannot be written: ${(error as Error).message}`)
      fails = true
    }
  }
}

async function isReady(port: number): Promise<boolean> {
  const { ok } = await fetch(`http://127.0.0.1:${port}/health/ready`, {
    signal: AbortSignal.timeout(2_000),
  })
  return ok
}

/** Brings a service's database to its newest form, as a job of its own. */
export async function migrateDatabase(name: DatabaseName, options: ServiceOptions): Promise<void> {
  const logFile = join(options.home.logs, `${name}-migrations.log`)
  const script = join(ROOT, 'packages/postgres/src/migrate-main.ts')
  const child = spawnChild({
    command: process.execPath,
    args: [script, join(ROOT, 'services', name, 'migrations')],
    cwd: ROOT,
    env: { ...inherited(), ...databaseEnv(name, options) },
    logFile,
    stopSignal: 'SIGTERM',
  })
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => (hasEnded(child) ? resolve() : undefined))
  })
  if (child.exitCode !== 0)
    throw new Error(`The migrations of the ${name} failed; ${logFile} ends:\n${tailOf(logFile)}`)
}
