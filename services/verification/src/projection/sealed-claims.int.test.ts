import { readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createFileKeyEncryption,
  type KeyEncryption,
  keyIdOf,
  openValue,
} from '@lexchange/encryption'
import { createTestTokens, startTestNats, type TestNats, waitFor } from '@lexchange/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { type FakeRegistry, startFakeRegistry } from '../../test/fake-registry.ts'
import { license, licenseEvent, numbered, snapshotLine } from '../../test/license-events.ts'
import { erasedEvent, sealedClaims, sealedEvent } from '../../test/sealed-events.ts'
import {
  startVerification,
  type TestVerification,
  writeKeyring,
} from '../../test/start-verification.ts'
import { openStreams, type TestStreams } from '../../test/streams.ts'
import { projectionFolders } from './index.ts'
import { fromSnapshot } from './license-record.ts'
import { listSnapshot } from './list-snapshot.ts'
import { openProjection, writeState } from './projection-store.ts'
import { writeLicense } from './write-license.ts'

const MARKER = 'MARKER4711ACCOUNT'

let nats: TestNats
let streams: TestStreams
let registry: FakeRegistry
let tokens: Awaited<ReturnType<typeof createTestTokens>>
let running: TestVerification
let keyring: string
let keys: KeyEncryption
const folders: string[] = []

beforeAll(async () => {
  nats = await startTestNats()
  registry = await startFakeRegistry()
  tokens = await createTestTokens()
  streams = await openStreams(nats.servers)
})

beforeEach(async () => {
  await streams.recreate('LICENSES')
  await streams.recreate('SEALED')
  const folder = join(tmpdir(), `lexchange-keyring-${crypto.randomUUID()}`)
  folders.push(folder)
  keyring = await writeKeyring(folder)
  keys = createFileKeyEncryption(keyring)
  registry.snapshot = {
    ...{ position: 0, streamCreated: await streams.created('LICENSES'), licenses: [] },
  }
  registry.sealed = { position: 0, streamCreated: await streams.created('SEALED'), lines: [] }
})

afterEach(() => running?.remove())

afterAll(async () => {
  await streams.close()
  await registry.close()
  await nats.stop()
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

async function start(dataDir?: string) {
  running = await startVerification({
    ...{ servers: nats.servers, registryUrl: registry.url, tokens, keys },
    ...(dataDir !== undefined && { dataDir }),
  })
  await waitFor(() => running.projection.ready)
}

const find = (version = 1, licenseId = license.licenseId) =>
  running.projection.findSealed(licenseId, version)

const publish = (...args: Parameters<typeof sealedEvent>) => streams.publish(sealedEvent(...args))

async function open(field: string, version = 1) {
  const found = find(version)
  if (found === undefined || found === 'erased') return found
  const key = await keys.unwrap(found.dataKey, license.licenseId)
  return openValue(key, { licenseId: license.licenseId, version, field }, found.fields[field] ?? '')
}

describe('sealed claims in the projection', () => {
  it('arrive by SEALED, encrypted, beside a version that says so', async () => {
    await start()
    expect(find()).toBeUndefined()
    await streams.publish(licenseEvent('issued', { sealed: true }))
    const { type, number } = license
    await waitFor(
      () => running.projection.findLicense(type, number, Date.now())?.version.sealed === true,
    )
    expect(find()).toBeUndefined()
    await publish(await sealedClaims(keys, { settlementAccount: MARKER }))
    await waitFor(() => find() !== undefined)
    expect(await open('settlementAccount')).toBe(MARKER)
    expect(find(2)).toBeUndefined()
    const { lines } = listSnapshot(running.projection)
    const listed: string[] = []
    for await (const line of lines) listed.push(line)
    expect(JSON.parse(listed[0] ?? '').versions).toMatchObject([{ version: 1, sealed: true }])
    await running.stop()
    const bytes = await bytesBelow(running.dataDir)
    // What is public is found, so that the marker could be.
    expect(bytes.includes('示例')).toBe(true)
    expect(bytes.includes(MARKER)).toBe(false)
    await start(running.dataDir)
    expect(await open('settlementAccount')).toBe(MARKER)
  })

  it('come with a new projection from the snapshot, and go on from its position', async () => {
    const key = Buffer.alloc(32, 1)
    const claims = { settlementAccount: MARKER }
    const first = await sealedClaims(keys, claims, { key })
    const position = await publish(first)
    const { licenseId, version, dataKey, fields } = first
    const erased = numbered(2).licenseId ?? ''
    registry.snapshot?.licenses.push(snapshotLine({ sealed: true }))
    registry.sealed = {
      ...{ position, streamCreated: await streams.created('SEALED') },
      lines: [
        { licenseId: erased, dataKey: null, versions: [] },
        { licenseId, dataKey, versions: [{ version, fields }] },
      ].sort((a, b) => (a.licenseId < b.licenseId ? -1 : 1)),
    }
    await start()
    expect(await open('settlementAccount')).toBe(MARKER)
    expect(find(1, erased)).toBe('erased')
    await publish(await sealedClaims(keys, claims, { key, version: 2 }))
    await waitFor(() => find(2) !== undefined)
    expect(await open('settlementAccount', 2)).toBe(MARKER)
  })

  it('are gone once they were erased, whatever comes again', async () => {
    await start()
    await publish(await sealedClaims(keys, { settlementAccount: MARKER }))
    await waitFor(() => find() !== undefined)
    await streams.publish(erasedEvent())
    await waitFor(() => find() === 'erased')
    await publish(await sealedClaims(keys, { settlementAccount: MARKER }, { version: 2 }))
    const other = numbered(3).licenseId ?? ''
    await publish(await sealedClaims(keys, {}, { licenseId: other }))
    await waitFor(() => find(1, other) !== undefined)
    expect(find(2)).toBe('erased')
  })

  it('are wrapped by a new key, and the old one is not needed any more', async () => {
    await start()
    await publish(await sealedClaims(keys, { settlementAccount: MARKER }))
    await waitFor(() => find() !== undefined)
    await writeKeyring(join(keyring, '..'), 'k2', 'k1')
    const keyId = () => {
      const found = find()
      return typeof found === 'object' ? keyIdOf(found.dataKey) : undefined
    }
    await waitFor(() => keyId() === 'k2')
    await writeKeyring(join(keyring, '..'), 'k2')
    keys = createFileKeyEncryption(keyring)
    expect(await open('settlementAccount')).toBe(MARKER)
  })

  it('are taken from the snapshot where a message is still wrapped by a key that is gone', async () => {
    await start()
    const key = Buffer.alloc(32, 1)
    const claims = { settlementAccount: MARKER }
    const stored = await sealedClaims(keys, claims, { key })
    await running.stop()
    const position = await publish(stored)
    await writeKeyring(join(keyring, '..'), 'k2')
    keys = createFileKeyEncryption(keyring)
    const { licenseId, version, fields } = stored
    const dataKey = await keys.wrap(key, licenseId)
    registry.sealed = {
      ...{ position, streamCreated: await streams.created('SEALED') },
      lines: [{ licenseId, dataKey, versions: [{ version, fields }] }],
    }
    await start(running.dataDir)
    await waitFor(async () => (await open('settlementAccount').catch(() => '')) === MARKER)
  })

  it('come to a projection from before there were any, which answers meanwhile', async () => {
    const dataDir = join(keyring, '..')
    const folder = await projectionFolders(dataDir).create()
    const store = openProjection(folder, { maxGiB: 1 })
    const streamCreated = await streams.created('LICENSES')
    await store.root.transaction(() => {
      writeLicense(store, fromSnapshot(snapshotLine()))
      writeState(store, { position: 0, streamCreated, complete: true, caughtUpAt: 1 })
    })
    await store.root.close()
    await projectionFolders(dataDir).use(folder)
    const asked = registry.asked
    const { licenseId, version, dataKey, fields } = await sealedClaims(keys, {
      settlementAccount: MARKER,
    })
    const lines = [{ licenseId, dataKey, versions: [{ version, fields }] }]
    const sealed = { position: 0, streamCreated: await streams.created('SEALED'), lines }
    registry.sealed = undefined
    await start(dataDir)
    const { type, number } = license
    const versionOf = () => running.projection.findLicense(type, number, Date.now())?.version
    expect(versionOf()).toMatchObject({ version: 1 })
    registry.sealed = sealed
    await waitFor(() => find() !== undefined)
    await waitFor(() => versionOf()?.sealed === true)
    expect([await open('settlementAccount'), registry.asked]).toEqual([MARKER, asked])
  })

  it('are parked without their text where a message breaks the contract', async () => {
    await start()
    const { text, subject } = sealedEvent({ ...(await sealedClaims(keys, {})), version: 0 })
    await streams.publish({ text, subject })
    await waitFor(async () => {
      const { store, release } = running.projection.hold()
      const found = [...store.parked.getRange({})].map(({ value }) => value)
      release()
      return found.length === 1 && found[0]?.message === '' && found[0].subject === subject
    })
  })
})

async function bytesBelow(folder: string): Promise<Buffer> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = names.filter((each) => each.isFile())
  return Buffer.concat(
    await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name)))),
  )
}
