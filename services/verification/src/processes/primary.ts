import { mkdir } from 'node:fs/promises'

import { createTokenClient } from '@lexchange/auth'
import { connectNats } from '@lexchange/events'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import { Registry } from 'prom-client'

import type { VerificationConfig } from '../config.ts'
import { directoryFile, startDirectory } from '../directory/index.ts'
import {
  fetchSnapshot,
  projectionFolders,
  startProjector,
  writeDurably,
} from '../projection/index.ts'
import { checkInProcess } from './check-in-process.ts'
import { createMetricsCollector } from './collect-metrics.ts'
import type { ToPrimary, ToWorker } from './messages.ts'
import { startWorkers } from './worker-pool.ts'

/** The process that writes the projection and keeps the workers running; it answers no requests. */
export async function runPrimary(
  config: VerificationConfig,
  entry: string,
  log: Logger,
): Promise<{ stop(): Promise<void> }> {
  await mkdir(config.DATA_DIR, { recursive: true, mode: 0o700 })
  const known: { folder?: string } = {}
  const freshness = { kind: 'freshness' as const, caughtUpAt: 0, connected: false }
  const metrics = new Registry()
  const collector = createMetricsCollector(metrics, () => workers)
  const directory = await startDirectory({
    file: directoryFile(config.DATA_DIR, writeDurably),
    log,
    onEntries: (entries, all) => workers.tell({ kind: 'directory', entries, all }),
  })
  const workers = startWorkers({
    size: config.WORKERS,
    entry,
    args: ['worker'],
    log,
    onMessage: hear,
    onCrash: () => void mendIfBroken(),
  })
  const folders = projectionFolders(config.DATA_DIR)
  const maxGiB = config.PROJECTION_MAX_GIB
  const projector = startProjector(await findWhole(), {
    folders,
    maxGiB,
    log,
    metrics,
    snapshot: snapshotSource(config),
    onFolder(folder) {
      known.folder = folder
      workers.tell({ kind: 'projection', folder })
    },
    onCaughtUp(caughtUpAt) {
      freshness.caughtUpAt = caughtUpAt
      workers.tell(freshness)
    },
  })

  /** A started worker is told all that is known by now. */
  function hear(message: ToPrimary, reply: (answer: ToWorker) => void): void {
    if (message.kind === 'own-metrics') return collector.take(message.request, message.metrics)
    if (message.kind === 'collect-metrics') {
      const { request } = message
      void collector.collect().then((text) => reply({ kind: 'metrics', request, text }))
      return
    }
    if (known.folder !== undefined) reply({ kind: 'projection', folder: known.folder })
    reply({ kind: 'directory', entries: directory.entries(), all: true })
    reply(freshness)
  }

  async function findWhole(): Promise<string | undefined> {
    const folder = await folders.current()
    if (folder === undefined) return undefined
    const fault = await checkInProcess(entry, folder, false)
    if (fault === undefined) return folder
    log.error({ folder, reason: fault }, 'projection is broken and is given up')
    await folders.remove(folder)
    return undefined
  }

  async function mendIfBroken(): Promise<void> {
    if (known.folder === undefined) return
    const fault = await checkInProcess(entry, known.folder, true)
    if (fault === undefined) return
    log.error({ reason: fault }, 'projection is broken')
    await projector.rebuild(fault)
  }

  function setConnected(connected: boolean): void {
    freshness.connected = connected
    workers.tell(freshness)
  }

  // Not awaited: answers are given while NATS is away.
  const connecting = connectNats({
    servers: config.NATS_SERVERS,
    name: 'verification',
    user: config.NATS_USER,
    password: config.NATS_PASSWORD,
    log,
  }).then((nats) => {
    void watchConnection(nats, setConnected)
    directory.follow(nats)
    projector.follow(nats)
    return nats
  })

  return {
    async stop() {
      await workers.stop()
      const nats = await Promise.race([connecting, undefined])
      await Promise.all([directory.stop(), projector.stop()])
      await nats?.close()
    },
  }
}

function snapshotSource(config: VerificationConfig) {
  const token = createTokenClient({
    tokenEndpoint: `${config.REGISTRY_URL}/oauth/token`,
    issuer: config.TOKEN_ISSUER,
    clientId: config.CLIENT_ID,
    privateKey: config.CLIENT_KEY,
    scopes: ['projection:read'],
  })
  return (signal: AbortSignal) => fetchSnapshot(config.REGISTRY_URL, token, signal)
}

async function watchConnection(
  nats: NatsConnection,
  setConnected: (connected: boolean) => void,
): Promise<void> {
  setConnected(true)
  for await (const { type } of nats.status()) {
    if (type === 'disconnect') setConnected(false)
    if (type === 'reconnect') setConnected(true)
  }
}
