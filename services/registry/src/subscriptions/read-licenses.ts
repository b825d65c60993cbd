import type { ReceivedMessage } from '@lexchange/events'
import { DeliverPolicy, jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'

const BATCH = 256

/**
 * Reads LICENSES from after one position up to another, in order and in batches. Ends early where
 * `apply` returns false.
 */
export async function readLicenses(
  nats: NatsConnection,
  { after, upTo }: { after: number; upTo: number },
  apply: (messages: readonly ReceivedMessage[]) => Promise<boolean>,
): Promise<void> {
  const consumer = await jetstream(nats).consumers.get('LICENSES', {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: after + 1,
  })
  try {
    const { num_pending } = await consumer.info()
    if (num_pending === 0) return
    const messages = await consumer.consume({
      max_messages: BATCH,
      idle_heartbeat: 1_000,
      expires: 10_000,
      abort_on_missing_resource: true,
    })
    let batch: ReceivedMessage[] = []
    for await (const message of messages) {
      if (message.seq <= upTo)
        batch.push({
          subject: message.subject,
          streamSequence: message.seq,
          text: message.string(),
        })
      const isLast = message.seq >= upTo || message.info.pending === 0
      if (!isLast && batch.length < BATCH) continue
      if (batch.length > 0 && !(await apply(batch))) return
      batch = []
      if (isLast) return
    }
    throw new Error('LICENSES could not be read to its end')
  } finally {
    await consumer.delete().catch(() => false)
  }
}
