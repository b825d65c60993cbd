import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { createTokenClient } from '@lexchange/auth'
import {
  createTestDatabase,
  freePort,
  makeTestFolder,
  removeTestFolder,
  startTestNats,
  waitFor,
} from '@lexchange/testing'
import type { JWK } from 'jose'

import { createKeyring, createSeed, MIGRATIONS, settingsOf } from './start-registry.ts'
import type { SubscriberSettings } from './subscriber-main.ts'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** A process that can be killed by SIGKILL and is started again at once. */
function keepProcess(main: string, env: Record<string, string>, argument = '') {
  let child: ChildProcess | undefined
  const start = () => {
    child = spawn(process.execPath, [at(main), argument], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }
  async function kill(): Promise<void> {
    if (!child || child.exitCode !== null) throw new Error(`${main} had ended by itself`)
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  start()
  return {
    kill,
    async restart() {
      await kill()
      start()
    },
  }
}

/** A registry as main.ts runs it, with a subscriber's client registered. */
async function startRegistryProcess(servers: readonly string[], databaseUrl: string) {
  const [port, { seed, keys }, keyring] = await Promise.all([
    freePort(),
    createSeed(),
    createKeyring(),
  ])
  const folder = makeTestFolder()
  const seedFile = join(folder, 'seed.json')
  writeFileSync(seedFile, JSON.stringify(seed))
  const settings = settingsOf(port)
  const kept = keepProcess('../src/main.ts', {
    ...settings,
    NODE_OPTIONS: `--import=${new URL('retry-soon.ts', import.meta.url).href}`,
    NATS_SERVERS: servers.join(),
    DATABASE_URL: databaseUrl,
    CLAIM_KEYRING: keyring.path,
    DIRECTORY_SEED: seedFile,
    WEBHOOK_ALLOW_LOCAL: 'yes',
    LOG_LEVEL: 'error',
  })
  const base = settings.PUBLIC_URL
  const client = { registry: base, clientId: 'tax-department', key: keys['tax-department'] as JWK }
  const token = createTokenClient({
    ...{ tokenEndpoint: `${base}/oauth/token`, issuer: base },
    ...{ clientId: client.clientId, privateKey: client.key, scopes: ['subscription:manage'] },
  })
  async function ready(): Promise<void> {
    const answers = async () => (await fetch(`${base}/health/ready`)).ok
    await waitFor(async () => (await answers()) && (await token()) !== '', { timeout: 60_000 })
  }
  async function remove(): Promise<void> {
    await kept.kill()
    await keyring.remove()
    removeTestFolder(folder)
  }
  return { client, folder, token, ready, remove, restart: kept.restart }
}

/** The registry, NATS, and a subscriber: each a process that can be killed. */
export async function startKillableProcesses() {
  const [database, nats] = await Promise.all([
    createTestDatabase({ migrations: MIGRATIONS }),
    startTestNats(),
  ])
  const registry = await startRegistryProcess(nats.servers, database.url)
  await registry.ready()
  const journal = join(registry.folder, 'journal.ndjson')
  let subscriber: ReturnType<typeof keepProcess> | undefined
  return {
    base: registry.client.registry,
    servers: nats.servers,
    token: registry.token,
    ready: registry.ready,
    journal,
    startSubscriber(given: Pick<SubscriberSettings, 'port' | 'sse' | 'jetstream'>) {
      const settings = { journal, servers: nats.servers, ...registry.client, ...given }
      subscriber = keepProcess('subscriber-main.ts', {}, JSON.stringify(settings))
    },
    /** By kill -9, and started again at once. */
    restart: {
      subscriber: () => subscriber?.restart(),
      registry: registry.restart,
      async nats() {
        await nats.kill()
        await nats.start()
      },
    },
    async stop() {
      await subscriber?.kill()
      await registry.remove()
      await nats.stop()
      await database.drop()
    },
  }
}
