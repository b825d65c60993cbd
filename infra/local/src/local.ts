import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { ClientsFile } from './api-caller.ts'
import type { Log } from './find-nats-server.ts'
import { firstDirectoryHeard } from './first-directory-heard.ts'
import {
  secretsOf,
  writeClaimKeys,
  writeClients,
  writeNatsKeys,
  writeReceiptKeys,
} from './first-files.ts'
import {
  DATABASES,
  migrateDatabase,
  SERVICES,
  type ServiceName,
  type ServiceOptions,
  startService,
} from './local-services.ts'
import { LockedError, type LockFile, takeLock } from './lock-file.ts'
import { startNats } from './nats.ts'
import { type Home, homeAt } from './paths.ts'
import { expectFree, type Ports, portsFrom } from './ports.ts'
import { type RunningPostgres, startPostgres } from './postgres.ts'
import { endProcess, identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts'
import type { RunningProcess } from './run-process.ts'

export type LocalOptions = {
  /** Folder of all state; LEXCHANGE_HOME or .lexchange/local where it is left out. */
  home?: string
  /** Ports are counted from here; LEXCHANGE_PORT_BASE or 7000 where it is left out. */
  portBase?: number
  /** Further settings by service, e.g. for tests. */
  env?: ServiceOptions['env']
  log?: Log
  /** Takes the lines that a service logs. */
  onLine?: (name: string, line: string) => void
}

export type LocalProcesses = Record<ServiceName | 'nats', RunningProcess> & {
  postgres: RunningPostgres
}

/** A Lexchange that runs on this machine: real PostgreSQL, real NATS, each service a process. */
export type Local = {
  readonly home: Home
  readonly ports: Ports
  readonly clientsFile: string
  readonly clients: ClientsFile
  readonly processes: LocalProcesses
  /** Ends everything in order: services first. */
  stop(): Promise<void>
}

/**
 * Starts everything and waits until all of it is ready. What an earlier run left behind that was killed
 * is ended first.
 * @throws Error with a message that says what to do; nothing is left running then.
 */
export async function startLocal(options: LocalOptions = {}): Promise<Local> {
  const { log = () => {} } = options
  const home = homeAt(options.home)
  const ports = portsFrom(options.portBase ?? portBaseFrom(process.env.LEXCHANGE_PORT_BASE))
  mkdirSync(home.folder, { recursive: true })
  const lock = lockHome(home)
  const started: Partial<LocalProcesses> = {}
  const stop = () => stopAll(started, home, lock)
  try {
    await endLeftovers(home, log)
    await expectFree(ports)
    expectRoom(home)
    mkdirSync(home.secrets, { recursive: true, mode: 0o700 })
    const isFirst = !existsSync(home.clients)
    const clients = await writeClients(home, ports)
    await writeReceiptKeys(home)
    writeClaimKeys(home)
    await startAll(started, { home, ports, options, log })
    if (isFirst) await firstDirectoryHeard(clients)
    const processes = started as LocalProcesses
    return { home, ports, clientsFile: home.clients, clients, processes, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function portBaseFrom(text: string | undefined): number {
  const base = Number(text || 7000)
  if (!Number.isInteger(base) || base < 1 || base > 65_000)
    throw new Error(`LEXCHANGE_PORT_BASE is ${text}; it must be a number from 1 to 65000`)
  return base
}

function lockHome(home: Home): LockFile {
  try {
    return takeLock(home.lock)
  } catch (error) {
    if (!(error instanceof LockedError)) throw error
    throw new Error(
      `A Lexchange already runs in ${home.folder} (process ${error.pid}). End it, or start another beside it: ` +
        'LEXCHANGE_HOME=/some/folder LEXCHANGE_PORT_BASE=8000 npm start',
    )
  }
}

/** What the databases need at least to start, in bytes. */
const ROOM = 200_000_000

function expectRoom({ folder }: Home): void {
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  if (free < ROOM)
    throw new Error(
      `The disk that holds ${folder} is full (${Math.floor(free / 1e6)} MB free, ${ROOM / 1e6} MB are needed). ` +
        'Free some space, or choose another disk: LEXCHANGE_HOME=/some/folder npm start',
    )
}

type Setup = { home: Home; ports: Ports; options: LocalOptions; log: Log }

async function startAll(started: Partial<LocalProcesses>, setup: Setup): Promise<void> {
  const { home, ports, options, log } = setup
  const secrets = secretsOf(home)
  const onSpawn = recordProcesses(home)
  const services: ServiceOptions = {
    home,
    ports,
    secrets,
    onSpawn,
    onLine: options.onLine ?? (() => {}),
    log,
    ...(options.env && { env: options.env }),
  }
  secrets.read('key-encryption-key')
  secrets.read('issuer-key-encryption-key')
  await allDone([
    startDatabases(started, setup, onSpawn, services),
    startBroker(started, setup, onSpawn),
  ])
  for (const name of SERVICES) started[name] = startService(name, services)
  await Promise.all(SERVICES.map((name) => started[name]?.waitReady()))
}

async function startDatabases(
  started: Partial<LocalProcesses>,
  { home, ports, log }: Setup,
  onSpawn: ServiceOptions['onSpawn'],
  services: ServiceOptions,
): Promise<void> {
  const { secrets } = services
  const postgres = await startPostgres({
    folder: home.postgres,
    port: ports.postgres,
    password: secrets.read('postgres'),
    logFile: join(home.logs, 'postgres.log'),
    onSpawn: (pid) => onSpawn('postgres', pid),
    log,
  })
  started.postgres = postgres
  await postgres.waitReady()
  await allDone(
    DATABASES.map(async (name) => {
      await postgres.ensureDatabase(name, secrets.read(`database-${name}`))
      await migrateDatabase(name, services)
    }),
  )
}

async function startBroker(
  started: Partial<LocalProcesses>,
  { home, ports, log }: Setup,
  onSpawn: ServiceOptions['onSpawn'],
): Promise<void> {
  const keys = await writeNatsKeys(home)
  started.nats = await startNats({
    port: ports.nats,
    store: home.nats,
    configFile: home.natsConfig,
    logFile: join(home.logs, 'nats.log'),
    keys,
    onSpawn: (pid) => onSpawn('nats', pid),
    log,
  })
  await started.nats.waitReady()
}

/** Waits for all even if one fails, so that what they start is known when everything is ended. */
async function allDone(work: readonly (Promise<unknown> | undefined)[]): Promise<void> {
  const results = await Promise.allSettled(work)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

/** Notes what runs, so that the next start can end what a killed one left behind. */
function recordProcesses(home: Home): ServiceOptions['onSpawn'] {
  const running: Record<string, ProcessIdentity> = {}
  return (name, pid) => {
    const identity = identifyProcess(pid)
    if (identity) running[name] = identity
    try {
      writeFileSync(home.processes, JSON.stringify(running))
    } catch {
      // A full disk: what is not noted is still ended by its parent, or found by its port.
    }
  }
}

async function endLeftovers(home: Home, log: Log): Promise<void> {
  const left = Object.entries(readProcesses(home)).filter(([, identity]) => isRunning(identity))
  await Promise.all(
    left.map(async ([name, identity]) => {
      log(`${name} of an earlier run is still there (process ${identity.pid}) and is ended first`)
      await endProcess(identity, [name === 'postgres' ? 'SIGINT' : 'SIGTERM', 'SIGKILL'])
    }),
  )
  rmSync(home.processes, { force: true })
}

function readProcesses(home: Home): Record<string, ProcessIdentity> {
  try {
    return JSON.parse(readFileSync(home.processes, 'utf8')) as Record<string, ProcessIdentity>
  } catch {
    return {}
  }
}

async function stopAll(started: Partial<LocalProcesses>, home: Home, lock: LockFile) {
  await Promise.all(SERVICES.map((name) => started[name]?.stop()))
  await Promise.all([started.nats?.stop(), started.postgres?.stop()])
  rmSync(home.processes, { force: true })
  lock.release()
}
