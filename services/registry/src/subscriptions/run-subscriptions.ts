import type { Client } from '@lexchange/auth'
import { createGuardedLookup } from '@lexchange/outgoing'
import type { DatabaseOptions } from '@lexchange/postgres'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

import { RETRY_POLICY, type RetryPolicy } from './backoff.ts'
import { openDeliveryStreams } from './delivery-streams.ts'
import { watchEventConnections } from './event-connections.ts'
import { createFanOutMetrics } from './fan-out-metrics.ts'
import { runFanOut } from './run-fan-out.ts'
import { createWebhooks } from './run-webhooks.ts'
import type { Places } from './subscription-answer.ts'
import type { SubscriptionDeps } from './subscription-deps.ts'

export type SubscriptionsOptions = Pick<
  SubscriptionDeps,
  'db' | 'keyring' | 'now' | 'permitConsumers'
> & {
  config: {
    PUBLIC_URL: string
    NATS_SERVERS: readonly string[]
    PUBLIC_NATS_SERVERS: readonly string[]
    WEBHOOK_ALLOW_LOCAL: 'no' | 'yes'
  }
  database: DatabaseOptions
  nats: Promise<NatsConnection>
  replicas: number
  authorize: (client: Client) => void
  retryPolicy?: RetryPolicy | undefined
  log: Logger
  metrics: Registry
}

/** Fans events out and sends webhooks, where this replica leads; `deps` is what the routes take. */
export function runSubscriptions({ nats: connecting, config, ...given }: SubscriptionsOptions) {
  const options = { ...given, ...settingsOf(config) }
  let connection: NatsConnection | undefined
  connecting.then((reached) => (connection = reached)).catch(() => {})
  const nats = () => connection
  const streams = openDeliveryStreams(nats)
  const lookup = createGuardedLookup({ allowLoopback: options.allowLocal })
  const policy = options.retryPolicy ?? RETRY_POLICY
  const webhooks = createWebhooks({ ...options, policy, lookup })
  const metrics = createFanOutMetrics(options.metrics)
  const fanOut = runFanOut({ ...options, nats: connecting, streams, webhooks, metrics })
  const connections = watchEventConnections(options)
  return {
    deps: { ...options, streams, lookup, connections, nats },
    /** Ends what would keep a server from closing. */
    endConnections: () => connections.stop(),
    stop: () => fanOut.stop(),
  }
}

function settingsOf(config: SubscriptionsOptions['config']): Places & { allowLocal: boolean } {
  const { NATS_SERVERS, PUBLIC_NATS_SERVERS } = config
  return {
    publicUrl: config.PUBLIC_URL,
    natsServers: PUBLIC_NATS_SERVERS.length > 0 ? PUBLIC_NATS_SERVERS : NATS_SERVERS,
    allowLocal: config.WEBHOOK_ALLOW_LOCAL === 'yes',
  }
}
