import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'

import { findNatsServer, renderNatsConfig, spawnChild } from '@lexchange/local'
import { createNatsIdentity, createNatsSigningKeys, type NatsKeys } from '@lexchange/nats-accounts'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect as connectNats } from '@nats-io/transport-node'
import { GenericContainer, Wait } from 'testcontainers'

import { docker, hasImage, ownerLabel } from './containers.ts'
import { freePort } from './free-port.ts'
import { makeTestFolder, removeTestFolder } from './test-folder.ts'
import { waitFor } from './wait-for.ts'

/** A nats-server of one test file, with a JetStream store that outlives its process. */
export type TestNats = {
  servers: string[]
  port: number
  /** kill -9 */
  kill(): Promise<void>
  /** Starts it again on the same port and store. */
  start(): Promise<void>
  /** Ends it and deletes the store. */
  stop(): Promise<void>
}

const IMAGE = 'nats:2.12'

/**
 * A server of its own for one test file: in a container where a Docker engine has the image, as a
 * process otherwise. TEST_NATS_URL names one to use instead, which loses its streams and is not killed.
 */
export async function startTestNats(): Promise<TestNats> {
  if (process.env.TEST_NATS_URL) return useServer(process.env.TEST_NATS_URL)
  if (await hasImage(IMAGE))
    try {
      return await startContainer()
    } catch (error) {
      process.stderr.write(`${IMAGE} did not start, so nats-server is run here: ${error}\n`)
    }
  return startServer()
}

async function startContainer(): Promise<TestNats> {
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true'
  const port = await freePort()
  const container = await new GenericContainer(IMAGE)
    .withCommand(['-js', '-sd', '/tmp/store', '-p', '4222'])
    .withLabels(ownerLabel())
    .withExposedPorts({ container: 4222, host: port })
    .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
    .withStartupTimeout(20_000)
    .start()
  const id = container.getId()
  return {
    servers: [`127.0.0.1:${port}`],
    port,
    async kill() {
      await docker('kill', id).catch(() => '')
    },
    async start() {
      await docker('start', id)
      await waitFor(() => greets(port))
    },
    async stop() {
      await docker('rm', '--force', '--volumes', id)
    },
  }
}

/** A server that lets nobody in without credentials, as the local default runs it, with the keys that make them. */
export async function startAccountNats(): Promise<TestNats & { keys: NatsKeys }> {
  const identity = createNatsIdentity()
  const keys = { identity, signing: await createNatsSigningKeys(identity) }
  return { ...(await startServer(keys)), keys }
}

async function startServer(keys?: NatsKeys): Promise<TestNats> {
  const [binary, port] = await Promise.all([findNatsServer(), freePort()])
  const folder = makeTestFolder()
  let child: ChildProcess | undefined
  const store = join(folder, 'store')
  const config = join(folder, 'nats.conf')
  if (keys)
    writeFileSync(
      config,
      renderNatsConfig({ host: '127.0.0.1', port, store, keys, syncAlways: false }),
    )
  const open = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', store]

  async function start() {
    child = spawnChild({
      command: binary,
      args: keys ? ['--config', config] : open,
      logFile: join(folder, 'nats.log'),
      stopSignal: 'SIGTERM',
    })
    await waitFor(() => greets(port))
  }

  async function kill() {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  await start()
  return {
    servers: [`127.0.0.1:${port}`],
    port,
    start,
    kill,
    async stop() {
      await kill()
      removeTestFolder(folder)
    },
  }
}

async function useServer(url: string): Promise<TestNats> {
  const { host, port } = new URL(url.includes('://') ? url : `nats://${url}`)
  const nats = await connectNats({ servers: [host] })
  const manager = await jetstreamManager(nats)
  for await (const name of manager.streams.names()) await manager.streams.delete(name)
  await nats.close()
  return {
    servers: [host],
    port: Number(port),
    start: async () => {},
    kill: () => Promise.reject(new Error('the server of TEST_NATS_URL is not ours to kill')),
    stop: async () => {},
  }
}

/** True when a server sends its first line: a container's port accepts before anybody listens. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const answer = (is: boolean) => {
      socket.destroy()
      resolve(is)
    }
    socket.setTimeout(1_000, () => answer(false))
    socket.once('data', () => answer(true))
    socket.once('error', () => answer(false))
    socket.once('close', () => answer(false))
  })
}
