import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readdir, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { createProofKey } from '@lexchange/auth'
import {
  createTestTokens,
  freePort,
  startTestNats,
  type TestNats,
  type TestTokens,
  waitFor,
} from '@lexchange/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type FakeRegistry, startFakeRegistry } from '../../test/fake-registry.ts'
import { license, licenseEvent, numbered, snapshotLine } from '../../test/license-events.ts'
import { testKey, writeKeyring } from '../../test/start-verification.ts'
import { openStreams, type TestStreams } from '../../test/streams.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
/** Starting processes takes long where many tests share two cores, in ms. */
const PATIENCE = { timeout: 45_000 }

const finance = {
  clientId: 'finance-department',
  kind: 'department',
  departmentId: 'finance',
  scopes: ['license:verify'],
} as const

let nats: TestNats
let streams: TestStreams
let registry: FakeRegistry
let tokens: TestTokens
let authorization: string
let dataDir: string
let port: number
let primary: ChildProcess
let log = ''

beforeAll(async () => {
  nats = await startTestNats()
  registry = await startFakeRegistry()
  tokens = await createTestTokens()
  streams = await openStreams(nats.servers)
  port = await freePort()
  dataDir = await mkdtemp(join(tmpdir(), 'lexchange-verification-'))
  authorization = await tokens.headerFor(finance)
  const key = { id: 'oauth', issuer: tokens.issuer, jwks: tokens.jwks as never, revision: 1 }
  await streams.enter({ kind: 'key', entry: key })
  registry.snapshot = {
    position: 0,
    streamCreated: await streams.created('LICENSES'),
    licenses: [
      snapshotLine(),
      ...Array.from({ length: 500 }, (_, index) => snapshotLine(numbered(index + 1_000))),
    ].sort((a, b) => (a.number < b.number ? -1 : 1)),
  }
  await start()
  await waitFor(async () => (await statusOf(license.number)).verdict === 'valid', PATIENCE)
})

afterAll(async () => {
  await stop('SIGTERM')
  await streams.close()
  await registry.close()
  await nats.stop()
  await rm(dataDir, { recursive: true, force: true })
})

async function start(settings: Record<string, string> = {}) {
  primary = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      TOKEN_ISSUER: tokens.issuer,
      NATS_SERVERS: nats.servers.join(','),
      REGISTRY_URL: registry.url,
      CLIENT_KEY: JSON.stringify(await testKey()),
      RECEIPT_KEYS: JSON.stringify({ keys: [{ ...(await testKey()), kid: 'receipts-1' }] }),
      DATA_DIR: dataDir,
      CLAIM_KEYRING: await writeKeyring(dataDir),
      WORKERS: '2',
      LOG_LEVEL: 'info',
      PROJECTION_MAX_GIB: '1',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  log = ''
  primary.stdout?.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
}

async function stop(signal: NodeJS.Signals) {
  const ended = once(primary, 'exit')
  primary.kill(signal)
  return ended
}

async function statusOf(number: string, query = '') {
  const url = `http://127.0.0.1:${port}/v1/licenses/business-license/${number}/status${query}`
  const response = await fetch(url, { headers: { authorization, connection: 'close' } })
  return (await response.json()) as Record<string, unknown>
}

const workers = () => [
  ...new Set([...log.matchAll(/"pid":(\d+),[^\n]*worker listens/g)].map(([, pid]) => Number(pid))),
]

async function dataFile(): Promise<string> {
  const [folder] = (await readdir(dataDir)).filter((name) => name.startsWith('projection-'))
  return join(dataDir, folder ?? '', 'data.mdb')
}

describe('processes', () => {
  it('answer on one port, each current to the same position', async () => {
    await waitFor(() => workers().length === 2, PATIENCE)
    const position = await streams.publish(licenseEvent('issued', numbered(1)))
    for (let asked = 0; asked < 20; asked++)
      expect(await statusOf(numbered(1).number ?? '', `?minPosition=${position}`)).toMatchObject({
        verdict: 'valid',
        position,
      })
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    const answered = metrics.match(
      /http_request_duration_seconds_count\{method="GET",route="\/v1\/licenses\/:type\/:number\/status",status="200"\} (\d+)/,
    )
    // The sum over both workers, whichever is asked.
    expect(Number(answered?.[1])).toBeGreaterThanOrEqual(20)
    expect(metrics).toMatch(new RegExp(`projection_position ${position}\\b`))
  })

  it('take a proof of possession once, whichever of them hears it', async () => {
    const key = await createProofKey()
    const bound = await tokens.headerFor(finance, { jkt: key.thumbprint })
    const url = `http://127.0.0.1:${port}/v1/licenses/business-license/${license.number}/status`
    const dpop = await key.prove('GET', url, bound.replace('DPoP ', ''))
    // A connection for each, so that both processes hear it.
    const headers = { authorization: bound, dpop, connection: 'close' }
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(url, { headers })))
    const statuses = answers.map(({ status }) => status).sort()
    expect(statuses).toEqual([200, ...new Array<number>(19).fill(401)])
  })

  it('replace a worker that is killed, while the other answers', async () => {
    const [victim] = workers()
    process.kill(victim as number, 'SIGKILL')
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, () => statusOf(license.number)),
    )
    expect(answers.some(({ status }) => status === 'fulfilled')).toBe(true)
    await waitFor(() => workers().length === 3, PATIENCE)
  })

  it('resume at their position after kill -9, without the registry', async () => {
    const { asked } = registry
    const before = workers()
    await stop('SIGKILL')
    // Workers end with their primary.
    await waitFor(() => before.every((pid) => !isAlive(pid)), PATIENCE)
    const position = await streams.publish(licenseEvent('issued', numbered(2)))
    await start()
    await waitFor(
      async () => (await statusOf(numbered(2).number ?? '')).position === position,
      PATIENCE,
    )
    expect(await statusOf(license.number)).toMatchObject({ verdict: 'valid' })
    expect(registry.asked).toBe(asked)
  })

  it('build the projection anew from the snapshot where its file is cut off or overwritten', async () => {
    for (const damage of [
      (path: string) => truncate(path, 40_000),
      async (path: string) => {
        const file = await open(path, 'r+')
        const { size } = await file.stat()
        await file.write(Buffer.alloc(size - 16_384, 0xa5), 0, size - 16_384, 8_192)
        await file.close()
      },
    ]) {
      const { asked } = registry
      await stop('SIGTERM')
      await damage(await dataFile())
      await start()
      await waitFor(async () => (await statusOf(license.number)).verdict === 'valid', PATIENCE)
      await waitFor(
        async () => (await statusOf(numbered(2).number ?? '')).verdict === 'valid',
        PATIENCE,
      )
      expect(registry.asked).toBe(asked + 1)
      expect(log).toContain('projection is broken and is built anew')
    }
  })

  it('end when they are told to', async () => {
    expect(await stop('SIGTERM')).toEqual([0, null])
    await start({ DRAIN_SECONDS: '2' })
    await waitFor(async () => (await statusOf(license.number)).verdict === 'valid', PATIENCE)
  })

  it('go on answering for a while as not ready, so that a balancer takes them out', async () => {
    const ready = () =>
      fetch(`http://127.0.0.1:${port}/health/ready`, { headers: { connection: 'close' } })
    await waitFor(async () => (await ready()).status === 200, PATIENCE)
    const stopped = stop('SIGTERM')
    await waitFor(async () => (await ready()).status === 503, PATIENCE)
    expect(await statusOf(license.number)).toMatchObject({ verdict: 'valid' })
    expect(await stopped).toEqual([0, null])
    await start()
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
