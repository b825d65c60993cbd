import type { KeyEncryption } from '@lexchange/encryption'
import type { createGuardedLookup } from '@lexchange/outgoing'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { Counter, type Registry } from 'prom-client'

import type { RetryPolicy } from './backoff.ts'
import { type Endpoint, type Outcome, openEndpoint } from './send-webhook.ts'
import { signWebhook, webhookIdOf } from './sign-webhook.ts'
import { noteError, pauseSubscription } from './subscription.repository.ts'
import type { SubscriptionTables } from './subscription.tables.ts'
import type { Subscription } from './subscription.ts'
import type { WebhookEvent } from './webhook-event.repository.ts'
import { IN_FLIGHT, startWebhookQueue } from './webhook-queue.ts'
import { openSecrets } from './webhook-secrets.ts'

export type WebhooksOptions = {
  db: Kysely<SubscriptionTables>
  keyring: KeyEncryption
  policy: RetryPolicy
  lookup: ReturnType<typeof createGuardedLookup>
  allowLocal: boolean
  now: () => Date
  log: Logger
  metrics: Registry
}

type Running = {
  subscription: Subscription
  endpoint: Endpoint
  queue: ReturnType<typeof startWebhookQueue>
}

/** One queue for each active webhook, each with connections of its own: a slow endpoint delays no other. */
export function createWebhooks(options: WebhooksOptions) {
  const queues = new Map<string, Running>()
  const sent = countAttempts(options.metrics)

  function start(subscription: Subscription): void {
    const { db, policy, now, log } = options
    const endpoint = openEndpoint(subscription.url as string, {
      ...options,
      timeout: policy.timeout,
      connections: IN_FLIGHT,
    })
    const notice = (code: string, detail: string) => ({ at: now().toISOString(), code, detail })
    const { id } = subscription
    const queue = startWebhookQueue({
      ...{ db, policy, now, log, subscriptionId: id },
      async send(event) {
        const outcome = await sendEvent(options, subscription, endpoint, event)
        sent.inc({ outcome: outcome.result })
        return outcome
      },
      onFailure: (failure, gaveUp) =>
        gaveUp
          ? pauseSubscription(db, id, notice('webhook-given-up', `${failure}; sending has stopped`))
          : noteError(db, id, notice('webhook-failed', failure)),
      onGone: () =>
        pauseSubscription(db, id, notice('webhook-gone', 'The endpoint answered 410 Gone')),
    })
    queues.set(id, { subscription, endpoint, queue })
  }

  async function stop(id: string): Promise<void> {
    const running = queues.get(id)
    if (!running) return
    queues.delete(id)
    // A slow endpoint must not hold up whoever stops it: what is under way is sent again.
    const stopped = running.queue.stop()
    running.endpoint.close()
    await stopped
  }

  return {
    /** Starts, stops and starts again, as subscriptions came, went and changed. */
    async follow(active: readonly Subscription[]): Promise<void> {
      const wanted = new Map(active.map((each) => [each.id, each]))
      const outdated = [...queues.values()].filter(
        ({ subscription: { id, revision } }) => wanted.get(id)?.revision !== revision,
      )
      await Promise.all(outdated.map(({ subscription }) => stop(subscription.id)))
      for (const subscription of active) if (!queues.has(subscription.id)) start(subscription)
    },
    wake(ids: Iterable<string>) {
      for (const id of ids) queues.get(id)?.queue.wake()
    },
    async stop() {
      await Promise.all([...queues.keys()].map(stop))
    },
  }
}

async function sendEvent(
  { keyring, now }: WebhooksOptions,
  { id, secrets }: Subscription,
  endpoint: Endpoint,
  event: WebhookEvent,
): Promise<Outcome> {
  const at = now()
  const opened = await openSecrets(keyring, id, secrets, at)
  const signature = signWebhook(opened, {
    id: webhookIdOf(event.eventId),
    timestamp: Math.floor(at.getTime() / 1000),
    body: event.message,
  })
  const headers = {
    ...signature,
    'content-type': 'application/cloudevents+json',
    'user-agent': 'lexchange-webhooks/1',
    'lexchange-position': String(event.position),
    'lexchange-subscription': id,
  }
  return endpoint.send(headers, event.message)
}

function countAttempts(metrics: Registry) {
  return new Counter({
    name: 'webhook_attempts_total',
    help: 'Attempts to send an event to a webhook, by what became of them',
    labelNames: ['outcome'],
    registers: [metrics],
  })
}
