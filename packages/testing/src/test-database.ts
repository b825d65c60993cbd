import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import pg from 'pg'

/** The job that operators run; by its path, because that package is tested with this one. */
const MIGRATE = fileURLToPath(new URL('../../postgres/src/migrate-main.ts', import.meta.url))

export type TestDatabase = { url: string; drop(): Promise<void> }

/**
 * A database of its own for one test file, on the PostgreSQL of the test run (TEST_POSTGRES_URL, which
 * `global-setup.ts` sets unless it is given).
 * @param migrations folder of migrations to run on it; none leaves it empty.
 */
export async function createTestDatabase({
  migrations,
}: {
  migrations?: string
} = {}): Promise<TestDatabase> {
  const server = process.env.TEST_POSTGRES_URL
  if (!server) throw new Error('TEST_POSTGRES_URL is not set: run the tests by vitest.config.ts')
  const name = `test_${crypto.randomUUID().replaceAll('-', '')}`
  await query(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  if (migrations) {
    const env = { ...process.env, DATABASE_URL: url.href }
    await promisify(execFile)(process.execPath, [MIGRATE, migrations], { env })
  }
  return { url: url.href, drop: () => query(server, `drop database ${name} with (force)`) }
}

async function query(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
