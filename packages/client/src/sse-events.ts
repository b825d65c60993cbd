import { createParser } from 'eventsource-parser'

import type { LicenseEvent } from './answers.ts'
import type { Http } from './http.ts'
import { ProblemError, TokenError } from './problem.errors.ts'
import type { ReceivedEvent } from './received-event.ts'
import { parseEvent } from './received-event.ts'
import { type Deadline, pause, startDeadline } from './signals.ts'

export type SseOptions = {
  readonly url: string
  /** `id:` of the event after which to begin. */
  readonly after: string | undefined
  /** Ms without a byte, heartbeats included, after which the connection counts as dead. */
  readonly silenceMs: number
  readonly signal: AbortSignal | undefined
}

/** Pauses between connections, in ms: at first, and at most. */
const PAUSE = { first: 200, most: 30_000 }
/** Characters of an event; a license has far less. */
const MOST_CHARACTERS = 8 * 2 ** 20

type Place = { after: string | undefined; failures: number; pauseMs: number }

/** Events by Server-Sent Events. After any disconnect it goes on behind the last one that was handled. */
export async function* sseEvents(
  http: Http,
  options: SseOptions,
): AsyncGenerator<ReceivedEvent, void, undefined> {
  const { signal } = options
  const place: Place = { after: options.after, failures: 0, pauseMs: PAUSE.first }
  while (!signal?.aborted) {
    try {
      if ((yield* readConnection(http, options, place)) === 'no-more') return
    } catch (error) {
      if (!signal?.aborted && isFinal(error)) throw error
    }
    await pause(pauseAfter(place), signal).catch(() => {})
    place.failures += 1
  }
}

async function* readConnection(
  http: Http,
  { url, silenceMs, signal }: SseOptions,
  place: Place,
): AsyncGenerator<ReceivedEvent, 'ended' | 'no-more', undefined> {
  const deadline = startDeadline(silenceMs, signal)
  try {
    const response = await openStream(http, url, place.after, deadline)
    if (response.status === 204 || !response.body) return 'no-more'
    const onRetry = (milliseconds: number) => {
      place.pauseMs = milliseconds
    }
    for await (const { event, id } of readStream(response.body, deadline, onRetry)) {
      place.failures = 0
      yield { event, id, done: () => {}, undone: () => {} }
      place.after = id ?? place.after
    }
    return 'ended'
  } finally {
    deadline.clear()
  }
}

function openStream(http: Http, url: string, after: string | undefined, { signal }: Deadline) {
  const headers = {
    accept: 'text/event-stream',
    ...(after !== undefined && { 'last-event-id': after }),
  }
  return http.open({ url, headers, repeatable: true }, signal)
}

function pauseAfter({ failures, pauseMs }: Place): number {
  return Math.min(PAUSE.most, pauseMs * 2 ** failures) * (0.5 + Math.random() / 2)
}

/** Whether a new connection would end the same way; what is not an answer is a broken connection. */
function isFinal(error: unknown): boolean {
  if ((error as Error).name === 'SubscriptionError') return true
  const answered = error instanceof ProblemError || error instanceof TokenError
  return answered && error.status < 500 && error.status !== 429
}

type Framed = { event: LicenseEvent; id: string | undefined }

async function* readStream(
  body: ReadableStream<Uint8Array>,
  deadline: Deadline,
  onRetry: (milliseconds: number) => void,
): AsyncGenerator<Framed, void, undefined> {
  const frames: { data: string; id?: string | undefined }[] = []
  const parser = createParser({
    onEvent: (frame) => frames.push(frame),
    onRetry,
    maxBufferSize: MOST_CHARACTERS,
  })
  const decoder = new TextDecoder()
  const reader = body.getReader()
  try {
    for (;;) {
      deadline.restart()
      const { done, value } = await reader.read()
      // However long an event is worked on, the connection is not to blame.
      deadline.hold()
      if (done) return
      parser.feed(decoder.decode(value, { stream: true }))
      for (const { data, id } of frames.splice(0)) yield { event: parseEvent(data), id }
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}
