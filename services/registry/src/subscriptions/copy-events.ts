import { type ReceivedMessage, wavesOf } from '@lexchange/events'
import { jetstream } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'

import { deliverySubject, POSITION_HEADER } from './deliveries.ts'
import type { Matching } from './fan-out-index.ts'
import { type EventPlace, placeOf, type Subscription } from './subscription.ts'

/** An event of LICENSES, as far as copying it needs. */
export type LicenseMessage = {
  position: number
  place: EventPlace
  eventId: string
  eventType: string
  licenseId: string
  text: string
}

export type Copy = { subscription: Subscription; message: LicenseMessage }

/** Most publishes that wait for their acknowledgement at a time. */
const IN_FLIGHT = 512

/** Undefined for what is no event of a license, which nobody could have asked for. */
export function readMessage({
  subject,
  streamSequence,
  text,
}: ReceivedMessage): LicenseMessage | undefined {
  const place = placeOf(subject)
  if (!place) return undefined
  try {
    const { id, type, subject: licenseId } = JSON.parse(text) as Record<string, string>
    if (!id || !type || !licenseId) return undefined
    return { position: streamSequence, place, eventId: id, eventType: type, licenseId, text }
  } catch {
    return undefined
  }
}

export type Copies = {
  /** By way of DELIVERIES. */
  published: Copy[]
  /** By way of the database, which knows what was sent and what is to be tried again. */
  webhooks: Copy[]
  /** Subscriptions with an event that was withheld, and one such event. */
  withheld: Map<string, LicenseMessage>
}

export function copiesOf(
  messages: readonly LicenseMessage[],
  find: (place: EventPlace) => Matching,
): Copies {
  const copies: Copies = { published: [], webhooks: [], withheld: new Map() }
  for (const message of messages) {
    const { inside, outside } = find(message.place)
    for (const subscription of inside) {
      const { kind } = subscription
      copies[kind === 'webhook' ? 'webhooks' : 'published'].push({ subscription, message })
    }
    for (const { id } of outside) copies.withheld.set(id, message)
  }
  return copies
}

/**
 * Publishes copies and resolves when all are acknowledged, with the last message of each SSE subscription. Events of one license never wait for their
 * acknowledgement together, else one that was refused would be overtaken by the next.
 */
export async function publishCopies(
  nats: NatsConnection,
  copies: readonly Copy[],
): Promise<Map<string, number>> {
  const stream = jetstream(nats)
  const last = new Map<string, number>()
  // One license's event goes to all of its subscriptions in the same wave.
  const rows = copies.map((copy) => ({
    copy,
    ordering_key: `${copy.message.licenseId} ${copy.subscription.id}`,
  }))
  for (const wave of wavesOf(rows))
    for (let from = 0; from < wave.length; from += IN_FLIGHT)
      await Promise.all(
        wave.slice(from, from + IN_FLIGHT).map(async ({ copy }) => {
          const { seq } = await publishCopy(stream, copy)
          const { id, kind } = copy.subscription
          if (kind === 'sse') last.set(id, Math.max(seq, last.get(id) ?? 0))
        }),
      )
  return last
}

function publishCopy(
  stream: ReturnType<typeof jetstream>,
  { subscription: { id, generation }, message }: Copy,
) {
  const header = headers()
  header.set(POSITION_HEADER, String(message.position))
  header.set('Content-Type', 'application/cloudevents+json')
  // What is replayed is no duplicate of what was sent before.
  const msgID = `${message.eventId}.${id}${generation > 0 ? `.${generation}` : ''}`
  return stream.publish(deliverySubject(id), message.text, {
    ...{ msgID, headers: header },
    timeout: 5_000,
    retries: 0,
  })
}
