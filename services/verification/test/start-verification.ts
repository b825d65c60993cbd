import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTokenClient, createTokenVerifier } from '@lexchange/auth'
import { connectNats } from '@lexchange/events'
import type { TestTokens } from '@lexchange/testing'
import { exportJWK, generateKeyPair } from 'jose'
import { pino } from 'pino'
import { Registry } from 'prom-client'

import { buildVerification } from '../src/app.ts'
import { createDirectory, directoryFile, startDirectory } from '../src/directory/index.ts'
import {
  createProjection,
  fetchSnapshot,
  projectionFolders,
  startProjector,
  writeDurably,
} from '../src/projection/index.ts'
import { createReceiptSigner } from '../src/receipts/index.ts'

type Options = {
  servers: string[]
  registryUrl: string
  tokens: TestTokens
  dataDir?: string
  staleAfterSeconds?: number
  now?: () => number
}

export async function testReceiptKeys() {
  return createReceiptSigner({ keys: [{ ...(await testKey()), kid: 'receipts-1' }] })
}

export async function testKey() {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), kid: 'verification', alg: 'ES256' }
}

async function snapshotSource(registryUrl: string, issuer: string) {
  const token = createTokenClient({
    tokenEndpoint: `${registryUrl}/oauth/token`,
    issuer,
    clientId: 'verification',
    privateKey: await testKey(),
    scopes: ['projection:read'],
  })
  return (signal: AbortSignal) => fetchSnapshot(registryUrl, token, signal)
}

/** Projector, directory and HTTP in this process; main.ts spreads them over several. */
export async function startVerification({ servers, registryUrl, tokens, ...options }: Options) {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'lexchange-verification-')))
  const log = pino({ level: 'silent' })
  const metrics = new Registry()
  const verifier = createTokenVerifier(tokens.issuer)
  const directory = createDirectory(verifier)
  const projection = createProjection({ maxGiB: 1 })
  const freshness = { caughtUpAt: 0, connected: true }
  const folders = projectionFolders(dataDir)
  const following = await startDirectory({
    file: directoryFile(dataDir, writeDurably),
    log,
    onEntries: directory.take,
  })
  directory.take(following.entries(), true)
  const projector = startProjector(await folders.current(), {
    folders,
    maxGiB: 1,
    snapshot: await snapshotSource(registryUrl, tokens.issuer),
    log,
    metrics,
    onFolder: projection.use,
    onCaughtUp(at) {
      freshness.caughtUpAt = at
    },
  })
  const nats = await connectNats({ servers, name: 'verification', log })
  following.follow(nats)
  projector.follow(nats)
  const app = await buildVerification({
    publicUrl: 'http://127.0.0.1:7003',
    tokenUrl: 'http://127.0.0.1:7002/oauth/token',
    staleAfterSeconds: options.staleAfterSeconds ?? 10,
    projection,
    freshness,
    directory,
    verifier,
    receipts: await testReceiptKeys(),
    log,
    metrics,
    ...(options.now && { now: options.now }),
  })
  async function stop() {
    await app.close()
    await Promise.all([following.stop(), projector.stop()])
    await nats.close()
    await projection.close()
  }
  return {
    app,
    dataDir,
    projection,
    stop,
    async remove() {
      await stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
export type TestVerification = Awaited<ReturnType<typeof startVerification>>
