import { type LicenseEvent, licenseSubject } from '@lexchange/contracts'
import { jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { v7 } from 'uuid'

type Data = Record<string, unknown> & { region: string; type: string; licenseId: string }

/** An event of Shenzhen's authority; the defaults fit together. */
export function issuance(
  event: LicenseEvent,
  sequence: number,
  data: Partial<Data> & { licenseId: string },
  changes: Record<string, unknown> = {},
) {
  const name = `Company ${data.number ?? ''}`.trim()
  const number = (data.number as string | undefined) ?? '914403001922038216'
  const filled: Data = {
    identifier: '1.2.156.3005.2.test',
    type: 'business-license',
    number,
    holder: { kind: 'enterprise', uscc: number, name },
    authority: { id: 'shenzhen', name: 'Shenzhen' },
    region: '440300',
    version: sequence,
    status: 'active',
    validFrom: '2026-01-01T00:00:00.000Z',
    validUntil: '2036-01-01T00:00:00.000Z',
    issuedAt: '2026-01-01T00:00:00.000Z',
    effectiveAt: `2026-01-0${Math.min(sequence, 9)}T00:00:00.000Z`,
    claims: { name },
    reason: `reason ${sequence}`,
    legalBasis: null,
    by: 'shenzhen-authority',
    ...data,
  }
  return {
    specversion: '1.0',
    id: v7(),
    source: '/authorities/shenzhen',
    type: `lexchange.license.${event}.v1`,
    subject: data.licenseId,
    time: `2026-01-0${Math.min(sequence, 9)}T00:00:01.000Z`,
    datacontenttype: 'application/json',
    sequence: String(sequence),
    data: filled,
    ...changes,
  }
}

/** Publishes an event where its own data says. */
export async function publish(
  nats: NatsConnection,
  event: { id: string; type: string; data: Data },
  subject?: string,
): Promise<void> {
  const name = event.type.split('.')[2] as LicenseEvent
  const target = subject ?? licenseSubject('issuance', event.data, name)
  await jetstream(nats).publish(target, JSON.stringify(event))
}

/** What a stream holds, oldest first. */
export async function messagesOf(nats: NatsConnection, stream: string) {
  const consumer = await jetstream(nats).consumers.get(stream)
  const { num_pending } = await consumer.info(true)
  const found: { subject: string; event: Record<string, unknown> }[] = []
  if (num_pending === 0) return found
  // It ends by itself: a directory entry may be replaced while it is read.
  const messages = await consumer.fetch({ max_messages: 1_000, expires: 1_000 })
  for await (const message of messages) {
    found.push({ subject: message.subject, event: message.json() })
    if (message.info.pending === 0) break
  }
  return found
}
