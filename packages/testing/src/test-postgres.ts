import { join } from 'node:path'
import { startPostgres } from '@lexchange/local'
import { GenericContainer, Wait } from 'testcontainers'

import { hasImage, ownerLabel } from './containers.ts'
import { freePort } from './free-port.ts'
import { makeTestFolder, removeTestFolder } from './test-folder.ts'

/** A PostgreSQL of one test run. */
export type TestPostgres = { url: string; stop(): Promise<void> }

const IMAGE = 'postgres:17'
const PASSWORD = 'test'
/** Tests want no durability. */
const SETTINGS = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'max_connections=300',
]

/** In a container where a Docker engine has the image, from npm's binaries otherwise. */
export async function startTestPostgres(): Promise<TestPostgres> {
  if (await hasImage(IMAGE))
    try {
      return await startContainer()
    } catch (error) {
      process.stderr.write(`${IMAGE} did not start, so npm's PostgreSQL is used: ${error}\n`)
    }
  return startEmbeddedPostgres()
}

async function startContainer(): Promise<TestPostgres> {
  // Its reaper is one more image, which would have to be pulled.
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true'
  const container = await new GenericContainer(IMAGE)
    .withEnvironment({ POSTGRES_PASSWORD: PASSWORD })
    .withCommand(['postgres', ...SETTINGS.flatMap((setting) => ['-c', setting])])
    .withLabels(ownerLabel())
    .withExposedPorts(5432)
    // Once while the cluster is made, once for good.
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .withStartupTimeout(30_000)
    .start()
  const address = `${container.getHost()}:${container.getMappedPort(5432)}`
  return {
    url: `postgres://postgres:${PASSWORD}@${address}/postgres`,
    stop: async () => void (await container.stop()),
  }
}

/** From npm's binaries, in a folder that goes with it. */
export async function startEmbeddedPostgres(): Promise<TestPostgres> {
  const folder = makeTestFolder()
  try {
    const postgres = await startPostgres({
      folder: join(folder, 'postgres'),
      port: await freePort(),
      password: PASSWORD,
      logFile: join(folder, 'postgres.log'),
      settings: SETTINGS,
      durable: false,
      log: () => {},
    })
    await postgres.waitReady()
    return {
      url: postgres.urlOf('postgres', PASSWORD),
      async stop() {
        await postgres.stop()
        removeTestFolder(folder)
      },
    }
  } catch (error) {
    removeTestFolder(folder)
    throw error
  }
}
