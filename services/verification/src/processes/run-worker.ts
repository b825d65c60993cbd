import { createTokenVerifier } from '@lexchange/auth'
import { serve } from '@lexchange/http-server'
import type { Logger } from 'pino'
import { Registry } from 'prom-client'

import { buildVerification } from '../app.ts'
import type { VerificationConfig } from '../config.ts'
import { createDirectory } from '../directory/index.ts'
import { createProjection } from '../projection/index.ts'
import { createReceiptSigner } from '../receipts/index.ts'
import { createMetricsClient } from './collect-metrics.ts'
import type { ToPrimary, ToWorker } from './messages.ts'

/** One of the processes that answer; what changes it hears from the primary. */
export async function runWorker(config: VerificationConfig, log: Logger): Promise<void> {
  const projection = createProjection({ maxGiB: config.PROJECTION_MAX_GIB })
  const verifier = createTokenVerifier(config.TOKEN_ISSUER)
  const directory = createDirectory(verifier)
  const freshness = { caughtUpAt: 0, connected: false }
  const metrics = new Registry()
  const send = (message: ToPrimary) => void process.send?.(message)
  const collector = createMetricsClient(metrics, { send })

  function hear(message: ToWorker): void {
    if (message.kind === 'projection') projection.use(message.folder)
    else if (message.kind === 'directory') directory.take(message.entries, message.all)
    else if (message.kind === 'give-metrics') void collector.give(message.request)
    else if (message.kind === 'metrics') collector.take(message.request, message.text)
    else {
      freshness.caughtUpAt = message.caughtUpAt
      freshness.connected = message.connected
    }
  }

  process.on('message', (message) => hear(message as ToWorker))
  // The primary is gone, and with it all news: its successor starts workers of its own.
  process.once('disconnect', () => process.exit(1))
  const app = await buildVerification({
    publicUrl: config.PUBLIC_URL,
    tokenUrl: `${config.TOKEN_ISSUER}/oauth/token`,
    staleAfterSeconds: config.STALE_AFTER_SECONDS,
    projection,
    freshness,
    directory,
    verifier,
    receipts: createReceiptSigner(config.RECEIPT_KEYS),
    log,
    metrics,
    collectMetrics: collector.collect,
  })
  app.addHook('onClose', () => projection.close())
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
