import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { createTokenClient } from '@lexchange/auth'
import { createFileKeyEncryption } from '@lexchange/encryption'
import { connectNats } from '@lexchange/events'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import { Registry } from 'prom-client'

import { type AccessRelay, startAccessRelay } from '../access-records/index.ts'
import type { VerificationConfig } from '../config.ts'
import { type DirectoryFollower, directoryFile, startDirectory } from '../directory/index.ts'
import { createLimits } from '../limits/index.ts'
import {
  fetchSnapshot,
  type ProjectionFolders,
  type Projector,
  projectionFolders,
  startProjector,
  writeDurably,
} from '../projection/index.ts'
import { checkInProcess } from './check-in-process.ts'
import { createMetricsCollector } from './collect-metrics.ts'
import type { ToPrimary, ToWorker } from './messages.ts'
import { createProofUses } from './used-proofs.ts'
import type { WorkerPool } from './worker-pool.ts'

type Primary = {
  config: VerificationConfig
  entry: string
  workers: WorkerPool
  log: Logger
  metrics: Registry
  folders: ProjectionFolders
  /** What workers are told. */
  news: { folder?: string; freshness: ToWorker & { kind: 'freshness' } }
}

/** The process that writes the projection and keeps the workers current; it answers no requests. */
export async function runPrimary(
  config: VerificationConfig,
  entry: string,
  workers: WorkerPool,
  log: Logger,
): Promise<{ stop(): Promise<void> }> {
  await mkdir(config.DATA_DIR, { recursive: true, mode: 0o700 })
  const primary: Primary = {
    config,
    entry,
    workers,
    log,
    metrics: new Registry(),
    folders: projectionFolders(config.DATA_DIR),
    news: { freshness: { kind: 'freshness', caughtUpAt: 0, connected: false } },
  }
  const directory = await startDirectory({
    file: directoryFile(config.DATA_DIR, writeDurably),
    log,
    onEntries: (entries, all) => workers.tell({ kind: 'directory', entries, all }),
  })
  const projector = startProjector(await findWhole(primary), projectorOptions(primary))
  const relay = await startRelay(primary, directory)
  workers.listen({
    onMessage: listenerOf(primary, directory, relay),
    onCrash: () => void mendIfBroken(primary, projector),
  })
  // Not awaited: answers are given while NATS is away.
  const connecting = connect(primary).then((nats) => {
    directory.follow(nats)
    projector.follow(nats)
    relay.follow(nats)
    return nats
  })
  return {
    async stop() {
      await workers.stop()
      const nats = await Promise.race([connecting, undefined])
      await Promise.all([directory.stop(), projector.stop(), relay.stop()])
      await nats?.close()
    },
  }
}

function projectorOptions({ config, workers, log, metrics, folders, news }: Primary) {
  return {
    folders,
    maxGiB: config.PROJECTION_MAX_GIB,
    log,
    metrics,
    snapshot: snapshotSource(config, 'licenses'),
    sealedSnapshot: snapshotSource(config, 'sealed-claims'),
    keys: createFileKeyEncryption(config.CLAIM_KEYRING),
    onFolder(folder: string) {
      news.folder = folder
      workers.tell({ kind: 'projection', folder })
    },
    onCaughtUp(caughtUpAt: number) {
      news.freshness.caughtUpAt = caughtUpAt
      workers.tell(news.freshness)
    },
  }
}

/** Carries what all workers have recorded. */
function startRelay({ config, log, metrics }: Primary, directory: DirectoryFollower) {
  return startAccessRelay({
    folder: join(config.DATA_DIR, 'access'),
    writers: config.WORKERS,
    regionOf: directory.regionOf,
    log,
    metrics,
  })
}

function listenerOf(
  { metrics, workers, news }: Primary,
  directory: DirectoryFollower,
  relay: AccessRelay,
) {
  const collector = createMetricsCollector(metrics, workers)
  const limits = createLimits()
  const useProof = createProofUses()
  return (message: ToPrimary, reply: (answer: ToWorker) => void): void => {
    if (message.kind === 'recorded') relay.durable(message.slot, message.sequence)
    else if (message.kind === 'take-limits') {
      const refusals = limits.take(message.claims)
      reply({ kind: 'limits', request: message.request, refusals })
    } else if (message.kind === 'use-proof') {
      const { request, id } = message
      void useProof(id).then((use) => reply({ kind: 'proof-used', request, use }))
    } else if (message.kind === 'own-metrics') collector.take(message.request, message.metrics)
    else if (message.kind === 'collect-metrics') {
      const { request } = message
      void collector.collect().then((text) => reply({ kind: 'metrics', request, text }))
    } else {
      // A worker that has just started is told all that is known by now.
      if (news.folder !== undefined) reply({ kind: 'projection', folder: news.folder })
      reply({ kind: 'directory', entries: directory.entries(), all: true })
      reply(news.freshness)
    }
  }
}

async function findWhole({ entry, folders, log }: Primary): Promise<string | undefined> {
  const folder = await folders.current()
  if (folder === undefined) return undefined
  const fault = await checkInProcess(entry, folder, false)
  if (fault === undefined) return folder
  log.error({ folder, reason: fault }, 'projection is broken and is built anew')
  await folders.remove(folder)
  return undefined
}

async function mendIfBroken({ entry, news, log }: Primary, projector: Projector): Promise<void> {
  if (news.folder === undefined) return
  const fault = await checkInProcess(entry, news.folder, true)
  if (fault === undefined) return
  log.error({ reason: fault }, 'projection is broken and is built anew')
  await projector.rebuild(fault)
}

async function connect({ config, log, news, workers }: Primary): Promise<NatsConnection> {
  const nats = await connectNats({
    servers: config.NATS_SERVERS,
    name: 'verification',
    credentials: config.NATS_CREDENTIALS,
    log,
  })
  void watchConnection(nats, (connected) => {
    news.freshness.connected = connected
    workers.tell(news.freshness)
  })
  return nats
}

function snapshotSource(config: VerificationConfig, of: 'licenses' | 'sealed-claims') {
  const token = createTokenClient({
    tokenEndpoint: `${config.REGISTRY_URL}/oauth/token`,
    issuer: config.TOKEN_ISSUER,
    clientId: config.CLIENT_ID,
    privateKey: config.CLIENT_KEY,
    scopes: ['projection:read'],
  })
  return (signal: AbortSignal) => fetchSnapshot(config.REGISTRY_URL, token, signal, of)
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
