import type { TokenVerifier } from '@lexchange/auth'
import { createHttpServer } from '@lexchange/http-server'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

import { createCredentialCache, createForeignLists } from './credentials/index.ts'
import type { Directory } from './directory/index.ts'
import {
  type Projection,
  ProjectionUnavailableError,
  projectionRoutes,
} from './projection/index.ts'
import { type ReceiptSigner, receiptRoutes } from './receipts/index.ts'
import { type Freshness, verificationRoutes } from './verifications/index.ts'

export type VerificationOptions = {
  publicUrl: string
  tokenUrl: string
  staleAfterSeconds: number
  projection: Projection
  freshness: Freshness
  directory: Directory
  verifier: TokenVerifier
  receipts: ReceiptSigner
  log: Logger
  metrics: Registry
  collectMetrics?: () => Promise<string>
  now?: () => number
}

/** The HTTP side of one process; what keeps the projection current lives in the primary. */
export async function buildVerification(options: VerificationOptions) {
  const { projection, freshness, directory, verifier } = options
  const app = await createHttpServer({
    ...options,
    name: 'verification',
    title: 'Lexchange verification',
    description:
      'Checks licenses from a local projection, and asks no other service for an answer.',
    version: '1.0.0',
    authorize: directory.authorize,
    health: {
      projection: () => {
        if (!projection.ready) throw new ProjectionUnavailableError('not loaded yet')
      },
      directory: () => {
        if (!verifier.ready) throw new Error('the keys of access tokens are not known yet')
      },
      nats: () =>
        freshness.connected ? undefined : 'away: answers stay at the position they have',
    },
  })
  const { publicUrl, receipts, log, now = Date.now } = options
  await app.register(verificationRoutes, {
    ...{ prefix: '/v1', projection, freshness, directory, receipts, publicUrl, now },
    seen: createCredentialCache(),
    foreignLists: createForeignLists(log, now),
    staleAfterMs: options.staleAfterSeconds * 1000,
  })
  await app.register(receiptRoutes, { prefix: '/v1', receipts })
  await app.register(projectionRoutes, { prefix: '/v1', projection })
  return app
}
