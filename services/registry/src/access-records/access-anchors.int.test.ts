import { type AccessRecord, accessHead, accessHeadSubject } from '@lexchange/contracts'
import { waitFor } from '@lexchange/testing'
import { jetstream } from '@nats-io/jetstream'
import { v7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { readAs, writtenRecords } from '../../test/read-as.ts'
import { startRegistry, type TestRegistry } from '../../test/start-registry.ts'
import { createAccessRecorder } from './create-access-recorder.ts'

let registry: TestRegistry

beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry.stop())

const get = (url: string, authorization: string) => readAs(registry, url, authorization)
const records = () => writtenRecords(registry)

describe('listAccessAnchors', () => {
  const head = (source: string, sequence: number, hash: string) => ({
    source,
    sequence,
    hash: hash.repeat(43),
    at: '2026-11-24T01:00:00.000Z',
  })
  async function announce(data: ReturnType<typeof head>, subject = accessHeadSubject(data.source)) {
    const event = {
      specversion: '1.0',
      id: v7(),
      source: '/verification',
      type: accessHead.type,
      subject: data.source,
      time: data.at,
      datacontenttype: 'application/json',
      data,
    }
    await jetstream(registry.nats).publish(subject, JSON.stringify(event))
  }
  async function anchors(query: string) {
    const authorization = await registry.headerOf('administrator-1', 'oversight:read')
    const { status, body } = await get(`/v1/access-anchors${query}`, authorization)
    expect(status).toBe(200)
    return body
  }

  it('keeps every head in the order received, once, and one that contradicts beside the first', async () => {
    const heads = [head('verification-a-0', 5, 'A'), head('verification-a-0', 9, 'B')]
    for (const one of [...heads, ...heads, head('verification-b-0', 1, 'C')]) await announce(one)
    const forged = head('verification-a-0', 9, 'X')
    await announce(forged)
    const source = '?source=verification-a-0'
    await waitFor(async () => (await anchors(source)).items.length === 3)
    expect((await anchors(source)).items).toEqual([
      { ...heads[0], conflict: false },
      { ...heads[1], conflict: true },
      { ...forged, conflict: true },
    ])
    const page = await anchors(`${source}&limit=2`)
    expect((await anchors(`${source}&cursor=${page.nextCursor}`)).items).toMatchObject([forged])
    expect((await get('/v1/access-anchors', await registry.department())).status).toBe(403)
  })

  it('parks a head that another than its source published', async () => {
    await announce(head('verification-a-0', 10, 'D'), accessHeadSubject('verification-b-0'))
    await waitFor(async () => {
      const rows = await registry.db.selectFrom('parked_event').select('reason').execute()
      return rows.some(({ reason }) => reason === 'access-head-refused')
    })
  })

  it('has the head of a registry that was stopped, which is that of its last record', async () => {
    const { db } = registry
    const recorder = createAccessRecorder({
      db,
      log: { warn() {} } as never,
      now: () => new Date(),
    })
    await get(`/v1/licenses/${v7()}`, await registry.department())
    const [template] = await records()
    const {
      source: _s,
      sequence: _q,
      previous: _p,
      hash: _h,
      id: _i,
      ...draft
    } = template as AccessRecord
    await recorder.record([draft, { ...draft, client: 'marked-for-head' }])
    await recorder.stop()
    const last = (await records()).find(({ client }) => client === 'marked-for-head')
    const { source, sequence, hash } = last as AccessRecord
    await waitFor(async () => (await anchors(`?source=${source}`)).items.length === 1)
    expect((await anchors(`?source=${source}`)).items).toMatchObject([{ sequence, hash }])
    expect(sequence).toBe(2)
  })
})
