import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { findNatsServer } from '@lexchange/local'

import { freePort } from './free-port.ts'
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

export async function startTestNats(): Promise<TestNats> {
  const [binary, port, store] = await Promise.all([
    findNatsServer(),
    freePort(),
    mkdtemp(join(tmpdir(), 'lexchange-nats-')),
  ])
  let child: ChildProcess | undefined

  async function start() {
    child = spawn(binary, ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', store], {
      stdio: 'ignore',
    })
    await waitFor(() => accepts(port))
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
      await rm(store, { recursive: true, force: true })
    },
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
