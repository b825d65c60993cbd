import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Logger } from 'pino'

export type DatabaseOptions = {
  /** postgres://user:password@host:port/database */
  connectionString: string
  /** Overrides the password of the connection string. */
  password?: string
  poolSize?: number
  log?: Logger
}

/** How long a caller waits for a connection before it is told to come back, in ms. */
const CONNECTION_TIMEOUT = 5_000

/** Opens a pool; nothing is connected until the first query. Close it with `destroy()`. */
export function createDatabase<Tables>(options: DatabaseOptions): Kysely<Tables> {
  const pool = new pg.Pool({ ...connectionOf(options), max: options.poolSize ?? 10 })
  // Without a listener an idle connection that breaks would end the process.
  pool.on('error', (err) => options.log?.warn({ err }, 'idle database connection lost'))
  // So would one that breaks between two queries of a transaction; the next query fails then.
  pool.on('connect', (client) => client.on('error', () => {}))
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
}

/** A connection of its own, for LISTEN and for session locks. */
export function createConnection(options: DatabaseOptions): pg.Client {
  return new pg.Client({ ...connectionOf(options), keepAlive: true })
}

function connectionOf({ connectionString, password }: DatabaseOptions): pg.ClientConfig {
  const url = new URL(connectionString)
  if (password) url.password = encodeURIComponent(password)
  return {
    connectionString: url.href,
    connectionTimeoutMillis: CONNECTION_TIMEOUT,
    statement_timeout: 30_000,
    lock_timeout: 10_000,
    idle_in_transaction_session_timeout: 30_000,
  }
}
