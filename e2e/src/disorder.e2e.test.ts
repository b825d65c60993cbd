import { type CloudEvent, type IssuanceData, licenseSubject } from '@lexchange/contracts'
import { callerFor, verifyConsistency } from '@lexchange/local'
import { type JetStreamClient, jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type System, startSystem } from './system.ts'
import { waitFor } from './wait-for.ts'

type Parked = { items: { reason: string; subject: string }[] }
type Event = CloudEvent<IssuanceData>

let system: System
let nats: NatsConnection
let stream: JetStreamClient

beforeAll(async () => {
  system = await startSystem()
  nats = await system.natsAs('issuer')
  stream = jetstream(nats)
}, 180_000)

afterAll(async () => {
  await nats?.close()
  await system?.stop()
}, 60_000)

/** What an issuer's outbox relay sends; the id makes it a new message for JetStream. */
async function publish(event: Event, messageId = crypto.randomUUID()): Promise<void> {
  const name = event.type.split('.')[2] as 'issued'
  await stream.publish(licenseSubject('issuance', event.data, name), JSON.stringify(event), {
    msgID: messageId,
  })
}

const LIFE = ['issued', 'suspended', 'reinstated', 'revoked'] as const
const STATUS = {
  issued: 'active',
  suspended: 'suspended',
  reinstated: 'active',
  revoked: 'revoked',
}

/** The events of one license's life, as the Shenzhen authority would announce them. */
function life(number: string, changes: Partial<IssuanceData> = {}): Event[] {
  const licenseId = crypto.randomUUID()
  return LIFE.map((name, index) => {
    const at = new Date(Date.UTC(2026, 0, 1 + index)).toISOString()
    const data: IssuanceData = {
      licenseId,
      identifier: `1.2.156.3005.2.11100000MB0143028R901.X.${number}.00${index + 1}.0`,
      type: 'food-operation-permit',
      number,
      holder: { kind: 'enterprise', uscc: '914403001922038216', name: '示例食品有限公司' },
      authority: { id: 'shenzhen', name: 'Shenzhen Administration for Market Regulation' },
      region: '440300',
      version: index + 1,
      status: STATUS[name] as 'active',
      validFrom: '2026-01-01T00:00:00.000Z',
      validUntil: null,
      issuedAt: '2026-01-01T00:00:00.000Z',
      effectiveAt: at,
      claims: { name: '示例食品有限公司' },
      reason: 'test',
      legalBasis: null,
      by: 'shenzhen-authority',
      ...changes,
    }
    return {
      specversion: '1.0',
      id: crypto.randomUUID(),
      source: `/authorities/${data.authority.id}`,
      type: `lexchange.license.${name}.v1`,
      subject: licenseId,
      time: at,
      datacontenttype: 'application/json',
      sequence: String(index + 1),
      data,
    }
  })
}

async function history(id: string): Promise<string[]> {
  const tax = callerFor(system.clients, 'tax-department')
  const url = `${system.clients.services.registry}/v1/licenses/${id}/history`
  const { body } = await tax.call<{ items: { event: string }[] }>('GET', url)
  return body.items.map(({ event }) => event)
}

async function parked(): Promise<Parked['items']> {
  const administrator = callerFor(system.clients, 'administrator-1')
  const url = `${system.clients.services.registry}/v1/parked-events?limit=200`
  return (await administrator.call<Parked>('GET', url)).body.items
}

/** The registry and verification hold the same; the issuer never issued these licenses. */
async function expectBothAgree(): Promise<void> {
  const { services } = system.clients
  const both = { ...system.clients, services: { ...services, issuer: services.registry } }
  const { differences } = await verifyConsistency(both as typeof system.clients)
  expect(differences).toEqual([])
}

describe('events that arrive twice and out of order', () => {
  it('make one history, in order', async () => {
    const events = life(`JY${Date.now()}A`)
    const [issued, suspended, reinstated, revoked] = events as [Event, Event, Event, Event]
    for (const event of [revoked, suspended, revoked, issued, issued, suspended, reinstated])
      await publish(event)
    await waitFor(async () => (await history(issued.subject)).length === 4, 'the whole history')
    expect(await history(issued.subject)).toEqual([...LIFE])
    await waitFor(
      async () => (await system.status(issued.data.number, issued.data.type)).version === 4,
      'the projection',
    )
    await expectBothAgree()
    expect(await system.streamedOf(issued.subject)).toEqual([...LIFE])
  })
})

describe('an event that cannot be applied', () => {
  it.each([
    ['malformed', 'event-malformed', { region: 'x' as never }],
    [
      'from an authority that is not known',
      'authority-not-entitled',
      { authority: { id: 'nobody', name: 'Nobody' } },
    ],
    ['of a region the authority may not issue in', 'authority-not-entitled', { region: '110000' }],
    [
      'with a claim that is not public',
      'event-inconsistent',
      { claims: { contactPhone: '+8675500000000' } },
    ],
  ] as const)('%s is parked with its reason, and the stream goes on', async (_, reason, change) => {
    const before = (await parked()).length
    const [bad] = life(`JY${Date.now()}B`, change as Partial<IssuanceData>) as [Event]
    const [good] = life(`JY${Date.now()}C`) as [Event]
    await publish(bad)
    await publish(good)
    await waitFor(async () => (await history(good.subject)).length === 1, 'the event behind it')
    const now = await parked()
    expect(now).toHaveLength(before + 1)
    expect(now.map((each) => each.reason)).toContain(reason)
    expect(JSON.stringify(now)).not.toContain('+8675500000000')
    await expectBothAgree()
  })

  it('of an unknown version is parked too', async () => {
    const [event] = life(`JY${Date.now()}D`) as [Event]
    const before = (await parked()).length
    await stream.publish(
      licenseSubject('issuance', event.data, 'issued'),
      JSON.stringify({ ...event, type: 'lexchange.license.issued.v9' }),
    )
    await waitFor(async () => (await parked()).length === before + 1, 'the parking')
    expect((await parked()).map(({ reason }) => reason)).toContain('event-unknown')
  })
})
