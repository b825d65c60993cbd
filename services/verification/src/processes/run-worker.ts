import { join } from 'node:path'

import { createTokenVerifier } from '@lexchange/auth'
import { createFileKeyEncryption } from '@lexchange/encryption'
import { protectionOf, serve } from '@lexchange/http-server'
import type { Logger } from 'pino'
import { Registry } from 'prom-client'

import { accessSource, openAccessLog, replicaId } from '../access-records/index.ts'
import { buildVerification } from '../app.ts'
import type { VerificationConfig } from '../config.ts'
import { createDirectory } from '../directory/index.ts'
import { createProjection } from '../projection/index.ts'
import { createReceiptSigner } from '../receipts/index.ts'
import { announceRecorded } from './announce-recorded.ts'
import { askPrimary } from './ask-primary.ts'
import { createMetricsClient } from './collect-metrics.ts'
import type { ToPrimary, ToWorker } from './messages.ts'

/**
 * One of the processes that answer; what changes it hears from the primary.
 * @param slot says which access records are its own.
 */
export async function runWorker(
  config: VerificationConfig,
  slot: number,
  log: Logger,
): Promise<void> {
  const projection = createProjection({ maxGiB: config.PROJECTION_MAX_GIB })
  const verifier = createTokenVerifier(config.TOKEN_ISSUER)
  const directory = createDirectory(verifier)
  const freshness = { caughtUpAt: 0, connected: false }
  const metrics = new Registry()
  // The primary may just have gone: that is heard of by `disconnect`.
  const send = (message: ToPrimary) => void process.send?.(message, undefined, {}, () => {})
  const collector = createMetricsClient(metrics, { send })
  const primary = askPrimary(send)

  function hear(message: ToWorker): void {
    if (message.kind === 'projection') projection.use(message.folder)
    else if (message.kind === 'directory') directory.take(message.entries, message.all)
    else if (message.kind === 'give-metrics') void collector.give(message.request)
    else if (message.kind === 'metrics') collector.take(message.request, message.text)
    else if (message.kind === 'freshness') {
      freshness.caughtUpAt = message.caughtUpAt
      freshness.connected = message.connected
    } else primary.hear(message)
  }

  process.on('message', (message) => hear(message as ToWorker))
  // The primary is gone, and with it all news: its successor starts workers of its own.
  process.once('disconnect', () => process.exit(1))
  const access = await openOwnLog(config, { slot, log, send })
  const app = await buildVerification({
    publicUrl: config.PUBLIC_URL,
    tokenUrl: `${config.TOKEN_ISSUER}/oauth/token`,
    staleAfterSeconds: config.STALE_AFTER_SECONDS,
    projection,
    freshness,
    directory,
    verifier,
    receipts: createReceiptSigner(config.RECEIPT_KEYS),
    access,
    limits: primary.limits,
    useProof: primary.useProof,
    keys: createFileKeyEncryption(config.CLAIM_KEYRING),
    log,
    metrics,
    collectMetrics: collector.collect,
    protection: protectionOf(config),
    privateHosts: config.OUTGOING_PRIVATE_HOSTS === 'allow',
  })
  app.addHook('onClose', () => Promise.all([projection.close(), access.close()]).then(() => {}))
  send({ kind: 'started' })
  await serve(app, {
    host: config.HOST,
    port: config.PORT,
    shutdownSeconds: config.SHUTDOWN_SECONDS,
    drainSeconds: config.DRAIN_SECONDS,
    reusePort: true,
  })
  log.info({ port: config.PORT, pid: process.pid }, 'verification worker listens')
}

type LogOptions = { slot: number; log: Logger; send: (message: ToPrimary) => void }

async function openOwnLog({ DATA_DIR }: VerificationConfig, { slot, log, send }: LogOptions) {
  const folder = join(DATA_DIR, 'access')
  const news = announceRecorded((sequence) => send({ kind: 'recorded', slot, sequence }))
  const access = openAccessLog({
    folder: join(folder, String(slot)),
    source: accessSource(await replicaId(folder), slot),
    log,
    onDurable: news.onDurable,
    onLost() {
      log.error({ slot }, 'another process has taken over the access records of this one')
      process.exit(1)
    },
  })
  await access.open()
  return {
    add: access.add,
    async close() {
      await access.close()
      news.flush()
    },
  }
}
