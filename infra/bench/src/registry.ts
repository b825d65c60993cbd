import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  callerFor,
  createClaimKeys,
  createFirstDirectory,
  type FirstDirectory,
} from '@lexchange/local'
import { freePort, startTestNats, waitFor } from '@lexchange/testing'

import { at, startBenchDatabase } from './bench-database.ts'
import { onCore } from './on-core.ts'

export type RunningRegistry = Awaited<ReturnType<typeof startRegistry>>

/** The real service on a real PostgreSQL with fsync and a real NATS; `tax` calls it as that department. */
export async function startRegistry() {
  const folder = await mkdtemp(join(tmpdir(), 'lexchange-bench-'))
  const [nats, port] = await Promise.all([startTestNats(), freePort()])
  const { postgres, databaseUrl } = await startBenchDatabase(folder, 'registry')
  const directory = await createFirstDirectory()
  const url = `http://127.0.0.1:${port}`
  const service = fork(at('services/registry/src/main.ts'), [], {
    ...onCore('server'),
    env: {
      ...(await filesIn(folder, directory)),
      PATH: process.env.PATH,
      PORT: String(port),
      PUBLIC_URL: url,
      TOKEN_ISSUER: url,
      NATS_SERVERS: nats.servers.join(','),
      DATABASE_URL: databaseUrl,
      KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      LOG_LEVEL: 'error',
    },
  })
  const tax = taxOf(url, directory)
  // Clients and agreements are entered once the service is ready.
  const search = `${url}/v1/licenses?updatedSince=2026-01-01T00:00:00.000Z`
  await waitFor(async () => (await tax.call('GET', search)).status === 200, { timeout: 60_000 })
  return {
    ...{ url, tax, pid: service.pid ?? 0, servers: nats.servers },
    async stop() {
      const ended = once(service, 'exit')
      service.kill('SIGKILL')
      await ended
      await Promise.all([postgres.stop(), nats.stop()])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The files that it reads, as settings. */
async function filesIn(folder: string, { seed }: FirstDirectory) {
  const files = { DIRECTORY_SEED: join(folder, 'seed.json'), CLAIM_KEYRING: join(folder, 'keys') }
  await writeFile(files.DIRECTORY_SEED, JSON.stringify(seed))
  await writeFile(files.CLAIM_KEYRING, JSON.stringify(createClaimKeys()), { mode: 0o600 })
  return files
}

function taxOf(url: string, { clients }: FirstDirectory) {
  const services = { issuer: '', registry: url, verification: '', oversight: '' }
  const tokens = { tokenEndpoint: `${url}/oauth/token`, issuer: url }
  return callerFor({ ...tokens, services, clients, nats: { servers: [] } }, 'tax-department')
}
