import { serviceInbox } from '@lexchange/nats-accounts'
import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'

export type NatsOptions = {
  servers: readonly string[]
  /** Of the service; shown by the server's monitoring, and names its inbox. */
  name: string
  /** Text of a .creds file; without one the server must let anybody in, as in tests. */
  credentials?: string
  log: Logger
}

/** Connects, waits for a server that is not up yet, and reconnects for ever. */
export async function connectNats(options: NatsOptions): Promise<NatsConnection> {
  const nats = await connect({
    servers: [...options.servers],
    name: options.name,
    // With an inbox of its own no other user can listen to the answers (packages/nats-accounts).
    inboxPrefix: serviceInbox(options.name),
    ...(options.credentials && {
      // What is read from a file has lost its last line break, without which the seed is not found.
      authenticator: credsAuthenticator(new TextEncoder().encode(`${options.credentials}\n`)),
    }),
    maxReconnectAttempts: -1,
    waitOnFirstConnect: true,
    reconnectTimeWait: 250,
    reconnectJitter: 100,
    pingInterval: 10_000,
    maxPingOut: 2,
    ignoreAuthErrorAbort: true,
  })
  void logStatus(nats, options.log)
  return nats
}

async function logStatus(nats: NatsConnection, log: Logger): Promise<void> {
  for await (const { type, ...status } of nats.status()) {
    if (type === 'disconnect' || type === 'reconnect' || type === 'error')
      log.warn({ nats: type, ...describe(status) }, `NATS ${type}`)
  }
}

function describe(status: object): object {
  const error = (status as { error?: unknown }).error
  return error instanceof Error ? { reason: error.message } : status
}
