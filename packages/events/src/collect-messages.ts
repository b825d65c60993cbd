import type { JsMsg } from '@nats-io/jetstream'

import type { ReceivedMessage } from './deliver.ts'
import { createPulse } from './pulse.ts'

/**
 * Messages as they arrive, to be taken several at once. `arrived` beats with each and stops with the last;
 * `reading` rejects with what ended them.
 */
export function collectMessages(messages: AsyncIterable<JsMsg>) {
  const waiting: JsMsg[] = []
  const arrived = createPulse()
  const reading = (async () => {
    for await (const message of messages) {
      waiting.push(message)
      arrived.beat()
    }
  })().finally(() => arrived.stop())
  // Awaited at the end; until then a failure must not count as unhandled.
  reading.catch(() => {})
  return { waiting, arrived, reading }
}

export function toReceived(message: JsMsg): ReceivedMessage {
  return { subject: message.subject, streamSequence: message.seq, text: message.string() }
}
