import { execFile } from 'node:child_process'
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

import pg from 'pg'

import type { Log } from './find-nats-server.ts'
import { type Account, unprivilegedAccount } from './postgres-account.ts'
import { clusterFolder, runnablePostgres } from './postgres-places.ts'
import { endProcess, identifyProcess, type ProcessIdentity } from './process-identity.ts'
import { type RunningProcess, runProcess } from './run-process.ts'

const run = promisify(execFile)

export type PostgresOptions = {
  /** Folder of the cluster; where root's stand-in cannot enter it, the data is put elsewhere. */
  folder: string
  port: number
  /** Of the superuser `postgres`. */
  password: string
  logFile: string
  /** Settings like `fsync=off`. */
  settings?: readonly string[]
  /** False: initdb need not wait for the disk. */
  durable?: boolean
  onSpawn?: (pid: number) => void
  log: Log
}

/** A running PostgreSQL. */
export type RunningPostgres = RunningProcess & {
  /** Where its data really is. */
  readonly dataFolder: string
  urlOf(user: string, password: string, database?: string): string
  /** Makes a role and a database of the same name that it owns, where they are missing. */
  ensureDatabase(name: string, password: string): Promise<void>
}

type Place = { bin: string; folder: string; data: string; account: Account | undefined }

/** Starts PostgreSQL (for root: as an unprivileged user), without waiting for it to be ready. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const { port, password, logFile, settings = [], log } = options
  const account = unprivilegedAccount()
  const bin = join(runnablePostgres(account, log), 'bin')
  const folder = clusterFolder(options.folder, account, log)
  const place: Place = { bin, folder, data: join(folder, 'data'), account }
  await endOrphan(place, log)
  await ensureCluster(place, options)
  const urlOf = (user: string, secret: string, database = user) =>
    `postgres://${user}:${secret}@127.0.0.1:${port}/${database}`
  const url = urlOf('postgres', password)
  const all = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'max_connections=200',
    ...settings,
  ]
  const process = runProcess({
    name: 'postgres',
    command: join(bin, 'postgres'),
    args: ['-D', place.data, ...all.flatMap((setting) => ['-c', setting])],
    cwd: folder,
    env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
    user: account,
    logFile,
    // Fast shutdown: ends sessions and writes what is to be written.
    stopSignal: 'SIGINT',
    stopWithin: 20_000,
    isReady: () => answers(url),
    prepare: () => endOrphan(place, () => {}),
    explain: (tail) => explain(tail, place, port),
    ...(options.onSpawn && { onSpawn: options.onSpawn }),
    log,
  })
  return Object.defineProperties(process, {
    dataFolder: { value: place.data },
    urlOf: { value: urlOf },
    ensureDatabase: { value: (name: string, secret: string) => ensureDatabase(url, name, secret) },
  }) as RunningPostgres
}

function explain(tail: string, { data }: Place, port: number): string | undefined {
  if (/no space left on device/i.test(tail))
    return `The disk that holds ${data} is full: free some space and run the command again.`
  if (/address already in use|could not bind/i.test(tail))
    return `PostgreSQL cannot listen on port ${port}: something else does.`
  if (/database files are incompatible/i.test(tail))
    return `${data} was made by another version of PostgreSQL: move it away to begin anew.`
  return undefined
}

/** A PostgreSQL that outlived a killed parent still has the data and the port: it is ended first. */
async function endOrphan({ data }: Place, log: Log): Promise<void> {
  const file = join(data, 'postmaster.pid')
  if (!existsSync(file)) return
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
  const orphan = pid > 0 ? identifyProcess(pid) : undefined
  if (orphan && isPostgresOf(orphan, data)) {
    log(`postgres: one of an earlier run is still there (process ${pid}) and is ended first`)
    await endProcess(orphan, ['SIGINT', 'SIGQUIT', 'SIGKILL'])
  } else if (orphan) {
    // Another program has this process id by now, which would keep PostgreSQL from starting.
    rmSync(file, { force: true })
  }
}

function isPostgresOf({ pid }: ProcessIdentity, data: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(data)
  } catch {
    return process.platform !== 'linux'
  }
}

/** Makes the cluster beside its place and renames it when complete, so that a killed start leaves none. */
async function ensureCluster(place: Place, { password, durable = true, log }: PostgresOptions) {
  const { bin, folder, data, account } = place
  if (existsSync(join(data, 'PG_VERSION'))) return
  log(`postgres: making a new cluster in ${data}`)
  const unfinished = `${data}.new`
  const passwordFile = join(folder, 'initial-password')
  for (const each of [unfinished, data]) rmSync(each, { recursive: true, force: true })
  try {
    writeFileSync(passwordFile, password, { mode: 0o600 })
    if (account) chownSync(passwordFile, account.uid, account.gid)
    const args = ['-D', unfinished, '-U', 'postgres', '-A', 'scram-sha-256', '-E', 'UTF8']
    await run(
      join(bin, 'initdb'),
      [...args, '--locale=C', `--pwfile=${passwordFile}`, ...(durable ? [] : ['--no-sync'])],
      { cwd: folder, env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' }, ...idsOf(account) },
    )
    renameSync(unfinished, data)
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true })
    const { stderr = '', message } = error as { stderr?: string; message: string }
    throw new Error(explain(stderr + message, place, 0) ?? `initdb failed: ${stderr || message}`)
  } finally {
    rmSync(passwordFile, { force: true })
  }
}

function idsOf(account: Account | undefined) {
  return account ? { uid: account.uid, gid: account.gid } : {}
}

async function answers(url: string): Promise<boolean> {
  return withClient(url, async (client) => (await client.query('select 1')).rowCount === 1)
}

async function ensureDatabase(url: string, name: string, password: string): Promise<void> {
  await withClient(url, async (client) => {
    const [owner, secret] = [client.escapeIdentifier(name), client.escapeLiteral(password)]
    // Several at once would change the same rows; the lock ends with the session.
    await client.query('select pg_advisory_lock(1)')
    const { rowCount: roles } = await client.query('select from pg_roles where rolname = $1', [
      name,
    ])
    await client.query(
      `${roles ? 'alter' : 'create'} role ${owner} login nosuperuser nocreatedb nocreaterole password ${secret}`,
    )
    const found = await client.query('select from pg_database where datname = $1', [name])
    if (!found.rowCount) await client.query(`create database ${owner} owner ${owner}`)
    // A service opens its own database and no other, those that PostgreSQL brings included.
    for (const database of [owner, 'postgres', 'template1'])
      await client.query(`revoke all on database ${database} from public`)
  })
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  // A server that goes away while the session ends is no error of ours.
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}
