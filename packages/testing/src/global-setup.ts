import { removeLeftContainers } from './containers.ts'
import { removeLeftFolders } from './test-folder.ts'
import { startTestPostgres } from './test-postgres.ts'

/** One PostgreSQL for a whole run of vitest; its workers inherit the variable. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  removeLeftFolders()
  await removeLeftContainers()
  if (process.env.TEST_POSTGRES_URL) return undefined
  const postgres = await startTestPostgres()
  process.env.TEST_POSTGRES_URL = postgres.url
  return () => postgres.stop()
}
