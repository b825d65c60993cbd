import { departmentInbox } from '@lexchange/nats-accounts'

import type { Measure } from './measure-subscription.ts'
import { webhookIdOf } from './sign-webhook.ts'
import type { Subscription } from './subscription.ts'
import type { DeadLetter } from './webhook-event.repository.ts'

/** Addresses that answers name. */
export type Places = { publicUrl: string; natsServers: readonly string[] }

export function toAnswer(
  subscription: Subscription,
  { position, lag, failing }: Measure,
  places: Places,
): Record<string, unknown> {
  const { id, departmentId, filter, state, lastError, createdAt, updatedAt } = subscription
  return {
    id,
    departmentId,
    filter,
    delivery: deliveryOf(subscription, places),
    state: state === 'active' && failing ? 'failing' : state,
    position,
    lag,
    lastError,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}

function deliveryOf(
  { id, kind, url, departmentId }: Subscription,
  { publicUrl, natsServers }: Places,
): Record<string, unknown> {
  if (kind === 'webhook') return { kind, url }
  if (kind === 'sse') return { kind, url: `${publicUrl}/v1/subscriptions/${id}/events` }
  const inboxPrefix = departmentInbox(departmentId)
  return { kind, servers: natsServers, stream: 'DELIVERIES', consumer: id, inboxPrefix }
}

export function toDeadLetterAnswer(letter: DeadLetter): Record<string, unknown> {
  const { position, attempts, failure, firstAttemptAt, deadAt, eventId } = letter
  return {
    position,
    webhookId: webhookIdOf(eventId),
    attempts,
    failure,
    firstAttemptAt: firstAttemptAt?.toISOString() ?? null,
    givenUpAt: deadAt.toISOString(),
    event: JSON.parse(letter.message),
  }
}
