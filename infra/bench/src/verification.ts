import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type DirectoryKind, directoryEvents, directorySubject } from '@lexchange/contracts'
import { ensureStreams } from '@lexchange/events'
import {
  createTestTokens,
  freePort,
  startTestNats,
  type TestTokens,
  waitFor,
} from '@lexchange/testing'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { exportJWK, generateKeyPair } from 'jose'

import { benchLicense } from './licenses.ts'
import { onCore } from './on-core.ts'

const MAIN = fileURLToPath(new URL('../../../services/verification/src/main.ts', import.meta.url))

export type RunningVerification = {
  url: string
  pid: number
  authorization: string
  stop(): Promise<void>
}

export type VerificationOptions = {
  /** Entries of the directory beside the keys of tokens and an agreement. */
  entries?: Entries
  /** False: its access log writes nothing. */
  records?: boolean
}

const WITHOUT_RECORDS = fileURLToPath(new URL('without-records.ts', import.meta.url))

/** The real service with one worker, a real NATS, and a snapshot of so many licenses. */
export async function startVerification(
  licenses: number,
  { entries = {}, records = true }: VerificationOptions = {},
): Promise<RunningVerification> {
  const nats = await startTestNats()
  const tokens = await createTestTokens()
  const created = await prepareStreams(nats.servers, tokens, {
    agreement: AGREEMENT,
    ...entries,
  })
  const registry = await serveSnapshot(licenses, created)
  const [port, dataDir] = await Promise.all([
    freePort(),
    mkdtemp(join(tmpdir(), 'lexchange-bench-')),
  ])
  const url = `http://127.0.0.1:${port}`
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const keyring = join(dataDir, 'claim-keyring.json')
  const key = { id: 'bench', key: randomBytes(32).toString('base64') }
  await writeFile(keyring, JSON.stringify({ keys: [key] }), { mode: 0o600 })
  const service = fork(MAIN, [], {
    ...onCore('server', records ? [] : ['--import', WITHOUT_RECORDS]),
    env: {
      PATH: process.env.PATH,
      // Speed is measured, not the limit of one client.
      RATE_LIMIT_PER_SECOND: '1000000',
      RATE_LIMIT_BURST: '1000000',
      PORT: String(port),
      PUBLIC_URL: url,
      TOKEN_ISSUER: tokens.issuer,
      NATS_SERVERS: nats.servers.join(','),
      REGISTRY_URL: registry.url,
      CLIENT_KEY: JSON.stringify(await exportJWK(privateKey)),
      RECEIPT_KEYS: JSON.stringify({ keys: [{ ...(await exportJWK(privateKey)), kid: 'bench' }] }),
      CLAIM_KEYRING: keyring,
      DATA_DIR: dataDir,
      WORKERS: '1',
      LOG_LEVEL: 'warn',
    },
  })
  await waitFor(async () => (await fetch(`${url}/health/ready`)).ok, { timeout: 600_000 })
  const client = {
    clientId: 'tax-department',
    kind: 'department',
    departmentId: 'tax',
    scopes: ['license:verify', 'license:read'],
  } as const
  return {
    url,
    pid: service.pid ?? 0,
    authorization: await tokens.headerFor(client, { expiresIn: '2h' }),
    async stop() {
      const ended = once(service, 'exit')
      service.kill('SIGTERM')
      await ended
      await nats.stop()
      registry.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

const AGREEMENT = {
  id: 'tax',
  departmentId: 'tax',
  purpose: 'tax',
  legalBasis: { text: 'A bench', reference: 'none' },
  licenseTypes: ['*'],
  regions: ['100000'],
  disclose: ['*', 'contactPhone'],
  match: [],
  quota: {},
  validFrom: '2020-01-01T00:00:00.000Z',
  validUntil: null,
  version: 1,
  state: 'active',
  revision: 1,
}

/** Entries of the directory beside the keys of tokens, by kind. */
type Entries = Partial<Record<DirectoryKind, { id: string }>>

/** When streams were created. */
type Created = { licenses: string; sealed: string }

/** Streams as the registry makes them, with the keys of tokens and further entries. */
async function prepareStreams(
  servers: string[],
  tokens: TestTokens,
  entries: Entries,
): Promise<Created> {
  const nats = await connect({ servers })
  await ensureStreams(nats)
  const key = { id: 'oauth', issuer: tokens.issuer, jwks: tokens.jwks, revision: 1 }
  for (const [kind, entry] of Object.entries({ ...entries, key }) as [
    DirectoryKind,
    typeof key,
  ][]) {
    const event = {
      specversion: '1.0',
      id: crypto.randomUUID(),
      source: '/registry',
      type: directoryEvents[kind].type,
      subject: entry.id,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      data: entry,
    }
    await jetstream(nats).publish(directorySubject(kind, entry.id), JSON.stringify(event))
  }
  const manager = await jetstreamManager(nats)
  const licenses = await manager.streams.info('LICENSES')
  const sealed = await manager.streams.info('SEALED')
  await nats.close()
  return { licenses: licenses.created, sealed: sealed.created }
}

/** The registry's part: a token and the snapshot, made line by line. */
async function serveSnapshot(licenses: number, created: Created) {
  const server = createServer(async (request, response) => {
    if (request.url === '/oauth/token') {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ access_token: 'bench', expires_in: 3_600 }))
      return
    }
    const ofSealed = request.url === '/v1/snapshots/sealed-claims'
    const lines = ofSealed ? 0 : licenses
    response.writeHead(200, {
      'content-type': 'application/x-ndjson',
      'lexchange-position': 0,
      'lexchange-licenses': lines,
      'lexchange-stream-created': ofSealed ? created.sealed : created.licenses,
    })
    for (let index = 0; index < lines; index++)
      if (!response.write(`${JSON.stringify(benchLicense(index))}\n`)) await once(response, 'drain')
    response.end()
  })
  server.unref()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() }
}
