import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
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

/** The real service with one worker, a real NATS, and a snapshot of so many licenses. */
export async function startVerification(
  licenses: number,
  entries: Entries = {},
): Promise<RunningVerification> {
  const nats = await startTestNats()
  const tokens = await createTestTokens()
  const streamCreated = await prepareStreams(nats.servers, tokens, entries)
  const registry = await serveSnapshot(licenses, streamCreated)
  const [port, dataDir] = await Promise.all([
    freePort(),
    mkdtemp(join(tmpdir(), 'lexchange-bench-')),
  ])
  const url = `http://127.0.0.1:${port}`
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const service = fork(MAIN, [], {
    ...onCore('server'),
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      PUBLIC_URL: url,
      TOKEN_ISSUER: tokens.issuer,
      NATS_SERVERS: nats.servers.join(','),
      REGISTRY_URL: registry.url,
      CLIENT_KEY: JSON.stringify(await exportJWK(privateKey)),
      RECEIPT_KEYS: JSON.stringify({ keys: [{ ...(await exportJWK(privateKey)), kid: 'bench' }] }),
      DATA_DIR: dataDir,
      WORKERS: '1',
      LOG_LEVEL: 'warn',
    },
  })
  await waitFor(async () => (await fetch(`${url}/health/ready`)).ok, { timeout: 600_000 })
  registry.close()
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
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Entries of the directory beside the keys of tokens, by kind. */
type Entries = Partial<Record<DirectoryKind, { id: string }>>

/** Streams as the registry makes them, with the keys of tokens and further entries. */
async function prepareStreams(
  servers: string[],
  tokens: TestTokens,
  entries: Entries,
): Promise<string> {
  const nats = await connect({ servers })
  await ensureStreams(nats)
  const key = { id: 'oauth', issuer: tokens.issuer, jwks: tokens.jwks, revision: 1 }
  for (const [kind, entry] of Object.entries({ key, ...entries }) as [
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
  const { created } = await manager.streams.info('LICENSES')
  await nats.close()
  return created
}

/** The registry's part: a token and the snapshot, made line by line. */
async function serveSnapshot(licenses: number, streamCreated: string) {
  const server = createServer(async (request, response) => {
    if (request.url === '/oauth/token') {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ access_token: 'bench', expires_in: 3_600 }))
      return
    }
    response.writeHead(200, {
      'content-type': 'application/x-ndjson',
      'lexchange-position': 0,
      'lexchange-licenses': licenses,
      'lexchange-stream-created': streamCreated,
    })
    for (let index = 0; index < licenses; index++)
      if (!response.write(`${JSON.stringify(benchLicense(index))}\n`)) await once(response, 'drain')
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() }
}
