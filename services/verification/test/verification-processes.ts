import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTestTokens, freePort, startTestNats } from '@lexchange/testing'

import { DEFAULT_AGREEMENTS } from './agreements.ts'
import { startFakeRegistry } from './fake-registry.ts'
import { snapshotLine } from './license-events.ts'
import { testKey, writeKeyring } from './start-verification.ts'
import { openStreams } from './streams.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** Verification as it runs: a primary with two workers, on a real NATS, with one license. */
export async function startVerificationProcesses() {
  const nats = await startTestNats()
  const registry = await startFakeRegistry()
  const tokens = await createTestTokens()
  const streams = await openStreams(nats.servers)
  const port = await freePort()
  const dataDir = await mkdtemp(join(tmpdir(), 'lexchange-verification-'))
  for (const agreement of DEFAULT_AGREEMENTS) await streams.enter(agreement)
  const key = { id: 'oauth', issuer: tokens.issuer, jwks: tokens.jwks as never, revision: 1 }
  await streams.enter({ kind: 'key', entry: key })
  registry.snapshot = {
    position: 0,
    streamCreated: await streams.created('LICENSES'),
    licenses: [snapshotLine()],
  }
  const url = `http://127.0.0.1:${port}`
  const env = await settings({ port, dataDir, issuer: tokens.issuer }, nats.servers, registry.url)
  let primary: ChildProcess
  let log = ''

  function start(): void {
    primary = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    primary.stdout?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-100_000)
    })
  }

  start()
  return {
    nats,
    url,
    start,
    authorization: await tokens.headerFor(
      {
        clientId: 'tendering-department',
        kind: 'department',
        departmentId: 'tendering',
        scopes: ['license:verify'],
      },
      { expiresIn: '2h' },
    ),
    get log() {
      return log
    },
    /** Of the workers that run, the newest last. */
    workers: () =>
      [...log.matchAll(/"pid":(\d+),[^\n]*worker listens/g)]
        .map(([, pid]) => Number(pid))
        .filter(isAlive),
    async stop(signal: NodeJS.Signals) {
      const ended = once(primary, 'exit')
      primary.kill(signal)
      await ended
    },
    async remove() {
      await streams.close()
      await registry.close()
      await nats.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function settings(
  { port, dataDir, issuer }: { port: number; dataDir: string; issuer: string },
  servers: readonly string[],
  registryUrl: string,
) {
  return {
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    TOKEN_ISSUER: issuer,
    NATS_SERVERS: servers.join(','),
    REGISTRY_URL: registryUrl,
    CLIENT_KEY: JSON.stringify(await testKey()),
    RECEIPT_KEYS: JSON.stringify({ keys: [{ ...(await testKey()), kid: 'receipts-1' }] }),
    CLAIM_KEYRING: await writeKeyring(dataDir),
    DATA_DIR: dataDir,
    WORKERS: '2',
    LOG_LEVEL: 'info',
    PROJECTION_MAX_GIB: '1',
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
