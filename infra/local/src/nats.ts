import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'

import { findNatsServer, type Log } from './find-nats-server.ts'
import { knowsSyncAlways, type NatsUser, renderNatsConfig } from './nats-config.ts'
import { type RunningProcess, runProcess } from './run-process.ts'

export type NatsOptions = {
  port: number
  /** Folder of the JetStream store. */
  store: string
  /** Where the configuration is written, with its passwords. */
  configFile: string
  logFile: string
  passwords: Readonly<Record<NatsUser, string>>
  onSpawn?: (pid: number) => void
  log: Log
}

/** Starts nats-server with the users of infra/nats, without waiting for it to be ready. */
export async function startNats(options: NatsOptions): Promise<RunningProcess> {
  const { port, store, configFile, logFile, passwords, log } = options
  const binary = await findNatsServer(log)
  mkdirSync(store, { recursive: true })
  mkdirSync(dirname(configFile), { recursive: true })
  const config = renderNatsConfig({
    host: '127.0.0.1',
    port,
    store,
    passwords,
    guests: true,
    syncAlways: knowsSyncAlways(execFileSync(binary, ['--version'], { encoding: 'utf8' })),
  })
  writeFileSync(configFile, config, { mode: 0o600 })
  chmodSync(configFile, 0o600)
  return runProcess({
    name: 'nats',
    command: binary,
    args: ['--config', configFile],
    logFile,
    stopSignal: 'SIGTERM',
    isReady: () => greets(port),
    explain: (tail) =>
      /no space left/i.test(tail)
        ? `The disk that holds ${store} is full: free some space and run the command again.`
        : undefined,
    ...(options.onSpawn && { onSpawn: options.onSpawn }),
    log,
  })
}

/** True when a NATS server sends its first line; JetStream is up by then. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const answer = (is: boolean) => {
      socket.destroy()
      resolve(is)
    }
    socket.setTimeout(1_000, () => answer(false))
    socket.once('data', (data) => answer(data.toString().startsWith('INFO')))
    socket.once('error', () => answer(false))
  })
}
