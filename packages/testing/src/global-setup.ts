import { startEmbeddedPostgres } from './test-postgres.ts'

/** One PostgreSQL for a whole run of vitest; its workers inherit the variable. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.TEST_POSTGRES_URL) return undefined
  const postgres = await startEmbeddedPostgres()
  process.env.TEST_POSTGRES_URL = postgres.url
  return () => postgres.stop()
}
