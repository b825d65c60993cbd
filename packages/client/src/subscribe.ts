import type { JetStreamDelivery, LicenseEvent, SubscriptionAnswer } from './answers.ts'
import type { Http } from './http.ts'
import { jetStreamEvents } from './jetstream-events.ts'
import { ProblemError, TokenError } from './problem.errors.ts'
import type { ReceivedEvent } from './received-event.ts'
import { createRepetitionFilter } from './repeated-events.ts'
import { sseEvents } from './sse-events.ts'
import { SubscriptionError } from './subscription.errors.ts'

export type SubscribeOptions = {
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal
  /** SSE: `lastEventId` of an earlier run, to go on behind that event. */
  readonly after?: string
  /** SSE: ms without even a heartbeat after which the connection is made anew; 60,000. */
  readonly silenceMs?: number
  /** Text of a .creds file ('' for none): events come by JetStream, and the exchange remembers how far they were handled. */
  readonly credentials?: string
  /** `delivery` of the subscription, if it is at hand; else the registry is asked. */
  readonly delivery?: JetStreamDelivery
}

/** Events of a subscription. When the loop asks for the next one, the one before counts as handled. */
export type Subscription = AsyncIterable<LicenseEvent> & {
  /** SSE: store it with what the event in hand changes, in one transaction; `after` goes on from it. */
  readonly lastEventId: string | undefined
}

const SILENCE_MS = 60_000

export function subscribe(
  deps: { http: Http; registry: string },
  id: string,
  options: SubscribeOptions = {},
): Subscription {
  const address = `${deps.registry}/v1/subscriptions/${encodeURIComponent(id)}`
  let lastEventId = options.after
  const byJetStream = options.credentials !== undefined || options.delivery !== undefined

  const received = (): AsyncIterable<ReceivedEvent> =>
    byJetStream
      ? fromJetStream(deps.http, address, options)
      : sseEvents(deps.http, {
          url: `${address}/events`,
          after: lastEventId,
          silenceMs: options.silenceMs ?? SILENCE_MS,
          signal: options.signal,
        })

  return {
    get lastEventId() {
      return lastEventId
    },
    [Symbol.asyncIterator]: () =>
      onceEach(received(), (at) => {
        lastEventId = at
      }),
  }
}

async function* fromJetStream(
  http: Http,
  address: string,
  { delivery, credentials, signal }: SubscribeOptions,
): AsyncGenerator<ReceivedEvent, void, undefined> {
  const find = () => http.json<SubscriptionAnswer>({ url: address, repeatable: true, signal })
  const known = delivery ?? requireJetStream(await find())
  const requireThere = async () => {
    await find().catch((error) => {
      // The registry may be away too, which says nothing about the subscription.
      if ((error instanceof ProblemError && error.status < 500) || error instanceof TokenError)
        throw error
    })
  }
  yield* jetStreamEvents({ delivery: known, credentials, signal, requireThere })
}

function requireJetStream({ id, delivery }: SubscriptionAnswer): JetStreamDelivery {
  const { servers, stream, consumer, inboxPrefix } = delivery
  if (delivery.kind !== 'jetstream' || !servers || !stream || !consumer || !inboxPrefix)
    throw new SubscriptionError(
      'delivery-mismatch',
      `Subscription ${id} is delivered by ${delivery.kind}, and credentials are for jetstream`,
    )
  return { servers, stream, consumer, inboxPrefix }
}

/** Hands out each event once, and says of each whether its turn of the loop came to an end. */
async function* onceEach(
  received: AsyncIterable<ReceivedEvent>,
  note: (id: string) => void,
): AsyncGenerator<LicenseEvent, void, undefined> {
  const repetitions = createRepetitionFilter()
  for await (const { event, id, done, undone } of received) {
    if (id !== undefined) note(id)
    if (repetitions.has(event)) {
      done()
      continue
    }
    let handled = false
    try {
      yield event
      handled = true
    } finally {
      if (handled) done()
      else undone()
    }
    repetitions.add(event)
  }
}
