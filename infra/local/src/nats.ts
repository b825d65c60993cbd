import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'

import { accountOf, type NatsKeys } from '@lexchange/nats-accounts'

import { findNatsServer, type Log } from './find-nats-server.ts'
import { knowsSyncAlways, renderNatsConfig } from './nats-config.ts'
import { type RunningProcess, runProcess } from './run-process.ts'

export type NatsOptions = {
  port: number
  /** Folder of the JetStream store. */
  store: string
  /** Where the configuration is written; it holds no secret. */
  configFile: string
  logFile: string
  keys: NatsKeys
  onSpawn?: (pid: number) => void
  log: Log
}

/** Starts nats-server, which lets nobody in without credentials, without waiting for it to be ready. */
export async function startNats(options: NatsOptions): Promise<RunningProcess> {
  const { port, store, configFile, logFile, keys, log } = options
  const binary = await findNatsServer(log)
  mkdirSync(store, { recursive: true })
  mkdirSync(dirname(configFile), { recursive: true })
  const config = renderNatsConfig({
    host: '127.0.0.1',
    port,
    store,
    keys,
    syncAlways: knowsSyncAlways(execFileSync(binary, ['--version'], { encoding: 'utf8' })),
  })
  writeFileSync(configFile, config)
  adoptStreams(store, accountOf(keys.identity))
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

/** Streams from before there were accounts lie in the one that a server without any has. */
function adoptStreams(store: string, account: string): void {
  const [old, own] = ['$G', account].map((name) => join(store, 'jetstream', name)) as [
    string,
    string,
  ]
  if (existsSync(old) && !existsSync(own)) renameSync(old, own)
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
