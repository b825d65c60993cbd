import { readFile } from 'node:fs/promises'

import { LICENSE_EVENTS } from '@lexchange/contracts'
import { waitFor } from '@lexchange/testing'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { v7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { issuance, messagesOf, publish } from '../../test/issuances.ts'
import { startRegistry, type TestRegistry } from '../../test/start-registry.ts'
import { licenseEvent } from './entry.events.ts'

let registry: TestRegistry

beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry.stop())

const versionOf = async (licenseId: string) =>
  (
    await registry.db
      .selectFrom('entry')
      .select(['version', 'sequence'])
      .where('id', '=', licenseId)
      .executeTakeFirst()
  )?.sequence

const applied = (licenseId: string, sequence: number) =>
  waitFor(async () => (await versionOf(licenseId)) === String(sequence))

const reasons = async () => {
  const rows = await registry.db.selectFrom('parked_event').select('reason').orderBy('id').execute()
  return rows.map(({ reason }) => reason)
}

const announced = async (licenseId: string) =>
  (await messagesOf(registry.nats, 'LICENSES')).filter(({ event }) => event.subject === licenseId)

describe('applyIssuance', () => {
  it('stores every version and announces the shareable event, in order', async () => {
    const licenseId = v7()
    const events = [
      issuance('issued', 1, { licenseId }),
      issuance('suspended', 2, { licenseId, status: 'suspended' }),
      issuance('reinstated', 3, { licenseId }),
      issuance('expired', 4, { licenseId, version: 3 }),
    ]
    for (const event of events) await publish(registry.nats, event)
    await applied(licenseId, 4)
    await waitFor(async () => (await announced(licenseId)).length === 4)
    const found = await announced(licenseId)
    expect(found.map(({ subject }) => subject)).toEqual(
      ['issued', 'suspended', 'reinstated', 'expired'].map(
        (name) => `license.440300.business-license.${name}`,
      ),
    )
    for (const [index, { event }] of found.entries()) {
      const data: Record<string, unknown> = { ...events[index]?.data }
      for (const hidden of ['reason', 'legalBasis', 'by']) delete data[hidden]
      expect(event).toEqual({ ...events[index], data })
    }
    const versions = await registry.db
      .selectFrom('entry_version')
      .select('version')
      .where('license_id', '=', licenseId)
      .execute()
    expect(versions).toHaveLength(3)
  })

  it('equals the frozen fixture of every event', async () => {
    const read = async (name: string) => {
      const path = `../../../../packages/contracts/fixtures/${name}.v1.json`
      return JSON.parse(await readFile(new URL(path, import.meta.url), 'utf8'))
    }
    for (const name of LICENSE_EVENTS) {
      const event = await read(`issuance.${name}`)
      const message = licenseEvent({ name, sequence: 1, event, subject: '', streamSequence: 1 })
      expect(message.event).toEqual(await read(`license.${name}`))
    }
  })

  it('drops what it has, also under another message id', async () => {
    const licenseId = v7()
    const first = issuance('issued', 1, { licenseId })
    await publish(registry.nats, first)
    await publish(registry.nats, first)
    await publish(registry.nats, { ...first, id: v7() })
    await publish(registry.nats, issuance('amended', 2, { licenseId }))
    await applied(licenseId, 2)
    await waitFor(async () => (await announced(licenseId)).length === 2)
  })

  it('holds events that come too early until the gap closes', async () => {
    const licenseId = v7()
    await publish(registry.nats, issuance('amended', 3, { licenseId }))
    await publish(registry.nats, issuance('amended', 2, { licenseId }))
    const held = () =>
      registry.db.selectFrom('held_event').select('sequence').orderBy('sequence').execute()
    await waitFor(async () => (await held()).length === 2)
    expect((await registry.app.inject('/metrics')).body).toContain('held_events 2')
    const authorization = await registry.admin()
    const shown = await registry.app.inject({
      url: '/v1/held-events',
      headers: { authorization },
    })
    expect(shown.json().items).toMatchObject([
      { licenseId, sequence: 3 },
      { licenseId, sequence: 2 },
    ])
    await publish(registry.nats, issuance('issued', 1, { licenseId }))
    await applied(licenseId, 3)
    expect(await held()).toEqual([])
    await waitFor(async () => (await announced(licenseId)).length === 3)
    const sequences = (await announced(licenseId)).map(({ event }) => event.sequence)
    expect(sequences).toEqual(['1', '2', '3'])
  })

  it('parks what can never be applied, names the reason, and goes on', async () => {
    const { nats } = registry
    const subject = 'issuance.440300.business-license.issued'
    const before = (await reasons()).length
    const id = () => ({ licenseId: v7() })
    await jetstream(nats).publish(subject, 'not json')
    await jetstream(nats).publish(subject, JSON.stringify({ type: 'lexchange.license.issued.v9' }))
    await publish(nats, issuance('issued', 1, { ...id(), version: 0 }))
    await publish(nats, issuance('issued', 1, { ...id(), region: '110000' }))
    await publish(nats, issuance('issued', 1, { ...id(), type: 'food-operation-permit' }))
    const nobody = { id: 'nobody', name: 'Nobody' }
    await publish(
      nats,
      issuance('issued', 1, { ...id(), authority: nobody }, { source: '/authorities/nobody' }),
    )
    await publish(nats, issuance('issued', 1, id(), { source: '/authorities/national' }))
    await publish(nats, issuance('issued', 1, id(), { subject: v7() }))
    await publish(nats, issuance('issued', 1, id()), 'issuance.440301.business-license.issued')
    await publish(nats, issuance('issued', 1, { ...id(), claims: { contactPhone: '+861' } }))
    await publish(nats, issuance('issued', 1, { ...id(), version: 2 }))
    await publish(nats, issuance('issued', 1, id(), { sequence: undefined }))
    await publish(nats, issuance('revoked', 2, { ...id(), status: 'active' }))
    const good = v7()
    await publish(nats, issuance('issued', 1, { licenseId: good }))
    await applied(good, 1)
    expect((await reasons()).slice(before)).toEqual([
      'event-malformed',
      'event-unknown',
      'event-malformed',
      ...Array(3).fill('authority-not-entitled'),
      ...Array(7).fill('event-inconsistent'),
    ])
    const answer = await registry.app.inject({
      url: '/v1/parked-events?limit=2',
      headers: { authorization: await registry.admin() },
    })
    expect(answer.json().items[0]).toMatchObject({ consumer: 'registry-entries', subject })
    expect(answer.json().nextCursor).toEqual(expect.any(String))
  })

  it('takes no change of a license from another authority, and no gap in versions', async () => {
    const licenseId = v7()
    await publish(registry.nats, issuance('issued', 1, { licenseId }))
    await applied(licenseId, 1)
    const before = (await reasons()).length
    const authority = { id: 'national', name: 'National' }
    const source = '/authorities/national'
    await publish(registry.nats, issuance('amended', 2, { licenseId, authority }, { source }))
    await publish(registry.nats, issuance('amended', 2, { licenseId, version: 3 }))
    await publish(registry.nats, issuance('amended', 2, { licenseId }))
    await applied(licenseId, 2)
    expect((await reasons()).slice(before)).toEqual(['event-inconsistent', 'event-inconsistent'])
  })

  it('refuses events of a suspended authority', async () => {
    const change = async (state: string) =>
      registry.app.inject({
        method: 'PATCH',
        url: '/v1/authorities/shenzhen',
        headers: { authorization: await registry.admin() },
        payload: { state },
      })
    await change('suspended')
    const before = (await reasons()).length
    await publish(registry.nats, issuance('issued', 1, { licenseId: v7() }))
    await waitFor(async () => (await reasons()).length > before)
    expect((await reasons()).at(-1)).toBe('authority-not-entitled')
    await change('active')
  })

  it('makes streams anew that were lost while NATS was away, with the directory in them', async () => {
    const { streams } = await jetstreamManager(registry.nats)
    await streams.delete('DIRECTORY')
    await registry.natsServer.kill()
    await waitFor(async () => {
      const { body } = await registry.app.inject('/health/ready')
      return body.includes('disconnected')
    })
    await registry.natsServer.start()
    await waitFor(async () => (await streams.info('DIRECTORY')).state.messages >= 8)
    const licenseId = v7()
    await publish(registry.nats, issuance('issued', 1, { licenseId }))
    await applied(licenseId, 1)
  })
})
