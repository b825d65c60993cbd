import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { startPostgres } from '@lexchange/local'
import { freePort } from '@lexchange/testing'

/** A file of the repository. */
export const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

/** The database of a service on a real PostgreSQL with fsync. */
export async function startBenchDatabase(folder: string, service: 'issuer' | 'registry') {
  const port = await freePort()
  const postgres = await startPostgres({
    folder: join(folder, 'postgres'),
    port,
    password: 'bench',
    logFile: join(folder, 'postgres.log'),
    log: () => {},
  })
  await postgres.waitReady()
  await postgres.ensureDatabase(service, 'bench')
  const databaseUrl = `postgres://${service}:bench@127.0.0.1:${port}/${service}`
  await migrate(databaseUrl, service)
  return { postgres, databaseUrl }
}

async function migrate(databaseUrl: string, service: 'issuer' | 'registry'): Promise<void> {
  const job = fork(
    at('packages/postgres/src/migrate-main.ts'),
    [at(`services/${service}/migrations`)],
    {
      env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl },
      stdio: 'ignore',
    },
  )
  const [code] = await once(job, 'exit')
  if (code !== 0) throw new Error('the migrations failed')
}
