import type { TokenVerifier, UseProof } from '@lexchange/auth'
import type { KeyEncryption } from '@lexchange/encryption'
import { createHttpServer, type Protection } from '@lexchange/http-server'
import { findLicenseType } from '@lexchange/license'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

import type { AccessLog } from './access-records/index.ts'
import { createCredentialCache, createForeignLists } from './credentials/index.ts'
import type { Directory } from './directory/index.ts'
import type { Claim, Refusal } from './limits/index.ts'
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
  /** Answers leave when their record is in it. */
  access: Pick<AccessLog, 'add'>
  limits: { take(claims: readonly Claim[]): Promise<(Refusal | null)[]> }
  useProof?: UseProof
  /** Unwraps data keys of personal and secret claims. */
  keys: Pick<KeyEncryption, 'unwrap'>
  /** Another catalogue than ours. */
  findLicenseType?: typeof findLicenseType
  log: Logger
  metrics: Registry
  collectMetrics?: () => Promise<string>
  protection: Protection
  /** Whether lists of other exchanges may lie at addresses of this network. */
  privateHosts?: boolean
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
  const { publicUrl, receipts, access, limits, keys, log, now = Date.now } = options
  await app.register(verificationRoutes, {
    ...{ prefix: '/v1', projection, freshness, directory, receipts, access, limits, keys },
    ...{ publicUrl, now, recall: verifier.recall },
    findLicenseType: options.findLicenseType ?? findLicenseType,
    seen: createCredentialCache(),
    foreignLists: createForeignLists(log, now, options.privateHosts ?? false),
    staleAfterMs: options.staleAfterSeconds * 1000,
  })
  await app.register(receiptRoutes, { prefix: '/v1', receipts })
  await app.register(projectionRoutes, { prefix: '/v1', projection })
  return app
}
