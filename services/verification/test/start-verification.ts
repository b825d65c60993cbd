import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTokenClient, createTokenVerifier } from '@lexchange/auth'
import { createFileKeyEncryption, type KeyEncryption } from '@lexchange/encryption'
import { connectNats } from '@lexchange/events'
import { DEFAULT_PROTECTION } from '@lexchange/http-server'
import type { TestTokens } from '@lexchange/testing'
import { exportJWK, generateKeyPair } from 'jose'
import { pino } from 'pino'
import { Registry } from 'prom-client'

import {
  type AccessLogOptions,
  accessSource,
  openAccessLog,
  replicaId,
  startAccessRelay,
} from '../src/access-records/index.ts'
import { buildVerification, type VerificationOptions } from '../src/app.ts'
import { createDirectory, directoryFile, startDirectory } from '../src/directory/index.ts'
import { createLimits } from '../src/limits/index.ts'
import {
  createProjection,
  fetchSnapshot,
  projectionFolders,
  startProjector,
  writeDurably,
} from '../src/projection/index.ts'
import { createReceiptSigner } from '../src/receipts/index.ts'

type Options = VerificationSetup & {
  servers: string[]
  registryUrl: string
  tokens: TestTokens
}

/** What differs from the usual. */
export type VerificationSetup = {
  dataDir?: string
  staleAfterSeconds?: number
  now?: () => number
  /** Wraps data keys; of its own where none is given. */
  keys?: KeyEncryption
  /** How the access log writes, instead of on disk. */
  append?: AccessLogOptions['append']
  findLicenseType?: VerificationOptions['findLicenseType']
}

/** A keyring file with one key, in that folder. */
export async function writeKeyring(folder: string, ...ids: string[]): Promise<string> {
  const path = join(folder, 'claim-keyring.json')
  const keys = (ids.length === 0 ? ['k1'] : ids).map((id) => ({
    id,
    key: createHash('sha256').update(id).digest('base64'),
  }))
  await mkdir(folder, { recursive: true })
  await writeFile(path, JSON.stringify({ keys }), { mode: 0o600 })
  return path
}

export async function testReceiptKeys() {
  return createReceiptSigner({ keys: [{ ...(await testKey()), kid: 'receipts-1' }] })
}

export async function testKey() {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), kid: 'verification', alg: 'ES256' }
}

async function snapshotSource(
  registryUrl: string,
  issuer: string,
  of: 'licenses' | 'sealed-claims',
) {
  const token = createTokenClient({
    tokenEndpoint: `${registryUrl}/oauth/token`,
    issuer,
    clientId: 'verification',
    privateKey: await testKey(),
    scopes: ['projection:read'],
  })
  return (signal: AbortSignal) => fetchSnapshot(registryUrl, token, signal, of)
}

const FIXED = {
  protection: DEFAULT_PROTECTION,
  publicUrl: 'http://127.0.0.1:7003',
  tokenUrl: 'http://127.0.0.1:7002/oauth/token',
  privateHosts: true,
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
  const keys = options.keys ?? createFileKeyEncryption(await writeKeyring(dataDir))
  const limits = createLimits(options.now)
  const recording = await startRecording(dataDir, following.regionOf, metrics, options.append)
  const projector = startProjector(await folders.current(), {
    folders,
    maxGiB: 1,
    snapshot: await snapshotSource(registryUrl, tokens.issuer, 'licenses'),
    sealedSnapshot: await snapshotSource(registryUrl, tokens.issuer, 'sealed-claims'),
    ...{ keys, log, metrics },
    onFolder: projection.use,
    onCaughtUp(at) {
      freshness.caughtUpAt = at
    },
  })
  const nats = await connectNats({ servers, name: 'verification', log })
  for (const each of [following, projector, recording.relay]) each.follow(nats)
  const app = await buildVerification({
    ...FIXED,
    staleAfterSeconds: options.staleAfterSeconds ?? 10,
    ...{ projection, freshness, directory, verifier, receipts: await testReceiptKeys() },
    access: recording.access,
    limits: { take: async (claims) => limits.take(claims) },
    ...{ keys, log, metrics },
    ...(options.findLicenseType && { findLicenseType: options.findLicenseType }),
    ...(options.now && { now: options.now }),
  })
  async function stop() {
    await app.close()
    await recording.access.close()
    await Promise.all([following.stop(), projector.stop(), recording.relay.stop()])
    await Promise.all([nats.close(), projection.close()])
  }
  return {
    app,
    dataDir,
    metrics,
    projection,
    stop,
    async remove() {
      await stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** The access log of slot 0, and what carries it to ACCESS. */
async function startRecording(
  dataDir: string,
  regionOf: (department: string) => string | null,
  metrics: Registry,
  append: AccessLogOptions['append'],
) {
  const folder = join(dataDir, 'access')
  const log = pino({ level: 'silent' })
  const relay = await startAccessRelay({ folder, writers: 1, regionOf, log, metrics, headMs: 100 })
  const access = openAccessLog({
    folder: join(folder, '0'),
    source: accessSource(await replicaId(folder), 0),
    log,
    onDurable: (sequence) => relay.durable(0, sequence),
    ...(append && { append }),
  })
  await access.open()
  return { access, relay }
}
export type TestVerification = Awaited<ReturnType<typeof startVerification>>
