import {
  createTestTokens,
  startTestNats,
  type TestNats,
  type TestTokens,
  waitFor,
} from '@lexchange/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { type FakeRegistry, startFakeRegistry } from '../../test/fake-registry.ts'
import { license, licenseEvent, numbered, snapshotLine } from '../../test/license-events.ts'
import { startVerification, type TestVerification } from '../../test/start-verification.ts'
import { openStreams, type TestStreams } from '../../test/streams.ts'

let nats: TestNats
let streams: TestStreams
let registry: FakeRegistry
let tokens: TestTokens
let authorization: string
let running: TestVerification | undefined

beforeAll(async () => {
  nats = await startTestNats()
  registry = await startFakeRegistry()
  tokens = await createTestTokens()
  streams = await openStreams(nats.servers)
  authorization = await tokens.headerFor({
    clientId: 'tax-department',
    kind: 'department',
    departmentId: 'tax',
    scopes: ['license:verify'],
  })
})

afterEach(async () => {
  await running?.remove()
  running = undefined
})

afterAll(async () => {
  await streams.close()
  await registry.close()
  await nats.stop()
})

/** Both streams anew, with the keys of tokens. */
async function freshStreams() {
  await streams.recreate('LICENSES')
  await streams.recreate('DIRECTORY')
  await enterKeys(1)
}

const enterKeys = (revision: number) =>
  streams.enter({
    kind: 'key',
    entry: { id: 'oauth', issuer: tokens.issuer, jwks: tokens.jwks as never, revision },
  })

async function takeSnapshot(licenses = [snapshotLine()]) {
  const { created, state } = await streams.manager.streams.info('LICENSES')
  registry.snapshot = { position: state.last_seq, streamCreated: created, licenses }
}

async function start(options: { dataDir?: string; staleAfterSeconds?: number } = {}) {
  running = await startVerification({
    servers: nats.servers,
    registryUrl: registry.url,
    tokens,
    ...options,
  })
  return running
}

async function statusOf(number: string) {
  const url = `/v1/licenses/business-license/${number}/status`
  const response = await running?.app.inject({ url, headers: { authorization } })
  return response?.json()
}

const isReady = async () => (await running?.app.inject('/health/ready'))?.statusCode === 200
const has = (number: string) => async () => (await statusOf(number)).verdict !== 'unknown'
const numberOf = (index: number) => numbered(index).number ?? ''

describe('projector', () => {
  it('waits for the registry, begins with its snapshot and goes on with the stream', async () => {
    await freshStreams()
    registry.snapshot = undefined
    await start()
    await waitFor(() => registry.asked >= 1)
    expect(await isReady()).toBe(false)
    await streams.publish(licenseEvent('issued', numbered(1)))
    await takeSnapshot([snapshotLine(), snapshotLine(numbered(1))])
    await streams.publish(licenseEvent('issued', numbered(2)))
    await waitFor(isReady)
    await waitFor(has(numberOf(2)))
    expect(await statusOf(license.number)).toMatchObject({ verdict: 'valid', position: 2 })
    expect(await statusOf(numberOf(1))).toMatchObject({ verdict: 'valid', version: 1 })
  })

  it('parks a line of the snapshot that is no license', async () => {
    await freshStreams()
    await takeSnapshot([{ ...snapshotLine(numbered(1)), versions: [] }, snapshotLine()])
    await start()
    await waitFor(isReady)
    const { authorization: administrator } = {
      authorization: await tokens.headerFor({
        clientId: 'administrator-1',
        kind: 'administrator',
        scopes: ['projection:read'],
      }),
    }
    const parked = await running?.app.inject({
      url: '/v1/parked-events',
      headers: { authorization: administrator },
    })
    expect(parked?.json().items).toMatchObject([{ reason: 'snapshot-line-malformed' }])
  })

  it('resumes at its position without asking the registry', async () => {
    await freshStreams()
    await takeSnapshot()
    const first = await start()
    await waitFor(isReady)
    const { asked } = registry
    await first.stop()
    const last = await streams.publish(licenseEvent('issued', numbered(1)))
    await start({ dataDir: first.dataDir })
    await waitFor(has(numberOf(1)))
    expect(await statusOf(license.number)).toMatchObject({ verdict: 'valid', position: last })
    expect(registry.asked).toBe(asked)
  })

  it('takes a new snapshot when the stream was made anew, and serves the old one until then', async () => {
    await freshStreams()
    await takeSnapshot()
    await start()
    await waitFor(isReady)
    registry.snapshot = undefined
    const { asked } = registry
    await streams.recreate('LICENSES')
    await waitFor(() => registry.asked > asked)
    expect(await statusOf(license.number)).toMatchObject({ verdict: 'valid' })
    await takeSnapshot([snapshotLine(), snapshotLine(numbered(5))])
    await waitFor(has(numberOf(5)))
    await streams.publish(licenseEvent('issued', numbered(6)))
    await waitFor(has(numberOf(6)))
    expect(await statusOf(numberOf(6))).toMatchObject({ position: 1 })
  })

  it('takes a new snapshot when the stream no longer holds what follows its position', async () => {
    await freshStreams()
    await takeSnapshot()
    const first = await start()
    await waitFor(isReady)
    await first.stop()
    await streams.publish(licenseEvent('issued', numbered(1)))
    await streams.publish(licenseEvent('issued', numbered(2)))
    await streams.manager.streams.purge('LICENSES')
    await takeSnapshot([snapshotLine(numbered(1)), snapshotLine(numbered(2))])
    await start({ dataDir: first.dataDir })
    await waitFor(has(numberOf(2)))
    expect(await statusOf(numberOf(1))).toMatchObject({ position: 2 })
  })

  it('says that it is stale while NATS is away, and catches up afterwards', async () => {
    await freshStreams()
    await takeSnapshot()
    await start({ staleAfterSeconds: 2 })
    await waitFor(isReady)
    expect(await statusOf(license.number)).toMatchObject({ verdict: 'valid', stale: false })
    await nats.kill()
    await waitFor(async () => (await statusOf(license.number)).stale === true)
    expect(await statusOf(license.number)).toMatchObject({ verdict: 'valid', ageSeconds: 2 })
    expect(await isReady()).toBe(true)
    await nats.start()
    await streams.publish(licenseEvent('issued', numbered(1)))
    await waitFor(has(numberOf(1)))
    await waitFor(async () => (await statusOf(license.number)).stale === false)
    expect(await statusOf(license.number)).not.toHaveProperty('ageSeconds')
  })

  it('knows suspensions and keys after a restart without NATS', async () => {
    await freshStreams()
    const department = { id: 'tax', name: 'Tax', kind: 'tax', region: '100000' }
    await streams.enter({
      kind: 'department',
      entry: { ...department, state: 'suspended', revision: 1 },
    })
    await takeSnapshot()
    const first = await start()
    await waitFor(isReady)
    await waitFor(async () => (await statusOf(license.number)).status === 403)
    await waitFor(async () => {
      const { readFile } = await import('node:fs/promises')
      return (await readFile(`${first.dataDir}/directory.json`, 'utf8')).includes('suspended')
    })
    await first.stop()
    await streams.recreate('DIRECTORY')
    await start({ dataDir: first.dataDir })
    await waitFor(isReady)
    expect(await statusOf(license.number)).toMatchObject({
      type: 'urn:lexchange:problem:client-suspended',
    })
    // In a stream made anew revisions begin again.
    await streams.enter({
      kind: 'department',
      entry: { ...department, state: 'active', revision: 1 },
    })
    await waitFor(async () => (await statusOf(license.number)).verdict === 'valid')
  })
})
