import { type ConsumerInfo, type ConsumerMessages, type JsMsg, jetstream } from '@nats-io/jetstream'
import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node'

import type { JetStreamDelivery } from './answers.ts'
import { parseEvent, type ReceivedEvent } from './received-event.ts'
import { orAborted, pause } from './signals.ts'
import { SubscriptionError } from './subscription.errors.ts'

export type JetStreamOptions = {
  readonly delivery: JetStreamDelivery
  /** Text of a .creds file; without one the connection is anonymous. */
  readonly credentials: string | undefined
  readonly signal: AbortSignal | undefined
  /** Rejects if the subscription is no longer there; asked when nobody answers for its consumer. */
  readonly requireThere: () => Promise<void>
}

/** A server that is silent for two heartbeats has forgotten the request, or the consumer is gone. */
const PULL = { bind: true, max_messages: 32, expires: 30_000, idle_heartbeat: 2_000 }
/** Signs that the consumer may be gone. */
const TROUBLE = ['no_responders', 'consumer_deleted', 'heartbeats_missed']
/** Ms between signs of life for an event that is worked on; the registry's consumers wait 10 s. */
const WORKING_MS = 3_000
const RECONNECT_MS = 500
/** Ms after which an event that was not handled comes again. */
const AGAIN_MS = 1_000
const REFUSED = ['AuthorizationError', 'UserAuthenticationExpiredError']

/**
 * Events of a durable pull consumer, which the exchange has made: it remembers what was acknowledged. Only pulling
 * and acknowledging is asked of the server, because credentials allow no more.
 */
export async function* jetStreamEvents(
  options: JetStreamOptions,
): AsyncGenerator<ReceivedEvent, void, undefined> {
  const { signal } = options
  const nats = await connectPatiently(options)
  if (!nats) return
  const messages = await consume(nats, options.delivery)
  const stop = () => messages.stop()
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  const lost = watch(messages, options.requireThere)
  try {
    for await (const message of messages) {
      if (signal?.aborted) return
      yield receive(message, stop)
    }
    if (signal?.aborted) return
    if (lost.error) throw lost.error
    // The iteration ends by itself only with the connection, and that only when it was refused.
    throw refused(await nats.closed())
  } finally {
    signal?.removeEventListener('abort', stop)
    messages.stop()
    await close(nats)
  }
}

async function connectPatiently(options: JetStreamOptions): Promise<NatsConnection | undefined> {
  const { delivery, credentials, signal } = options
  const authenticator = credentials
    ? credsAuthenticator(new TextEncoder().encode(`${credentials}\n`))
    : undefined
  while (!signal?.aborted) {
    try {
      return await connect({
        servers: typeof delivery.servers === 'string' ? delivery.servers : [...delivery.servers],
        inboxPrefix: delivery.inboxPrefix,
        name: 'lexchange-client',
        maxReconnectAttempts: -1,
        reconnectTimeWait: RECONNECT_MS,
        ...(authenticator && { authenticator }),
      })
    } catch (error) {
      if (isRefusal(error)) throw refused(error)
      await pause(RECONNECT_MS, signal).catch(() => {})
    }
  }
  return undefined
}

function isRefusal(error: unknown): boolean {
  const { name, cause } = error as Error
  return REFUSED.includes(name) || (cause instanceof Error && isRefusal(cause))
}

function refused(cause: unknown): SubscriptionError {
  const message = 'NATS refuses the credentials: expired, revoked, or of another exchange'
  return new SubscriptionError('credentials-refused', message, { cause })
}

/** Binds to the consumer by name; looking it up would need a right that credentials do not give. */
function consume(nats: NatsConnection, delivery: JetStreamDelivery): Promise<ConsumerMessages> {
  const { stream, consumer } = delivery
  const known = { stream_name: stream, name: consumer, config: {} } as ConsumerInfo
  return jetstream(nats).consumers.getConsumerFromInfo(known).consume(PULL)
}

/** A consumer that was deleted is silent for ever: then the registry knows why. */
function watch(messages: ConsumerMessages, requireThere: () => Promise<void>): { error?: unknown } {
  const lost: { error?: unknown } = {}
  let asking = false
  void (async () => {
    for await (const { type } of messages.status()) {
      if (asking || !TROUBLE.includes(type)) continue
      asking = true
      await requireThere().catch((error) => {
        lost.error = error
        messages.stop()
      })
      asking = false
    }
  })()
  return lost
}

function receive(message: JsMsg, stop: () => void): ReceivedEvent {
  const event = parseEvent(message.string())
  const working = setInterval(() => message.working(), WORKING_MS)
  return {
    event,
    id: undefined,
    done() {
      clearInterval(working)
      message.ack()
    },
    undone() {
      clearInterval(working)
      // nats-server 2.9 loses a redelivery to requests that nobody waits for any more until ack_wait is over: it is
      // wanted when the next iteration has asked.
      stop()
      message.nak(AGAIN_MS)
    },
  }
}

/** Lets acknowledgements out; a server that is away gets none. */
async function close(nats: NatsConnection): Promise<void> {
  if (nats.isClosed()) return
  await orAborted(nats.flush(), AbortSignal.timeout(1_000)).catch(() => {})
  await nats.close().catch(() => {})
}
