import { accessRecordOf } from '@lexchange/access-records'
import type { AccessHead, AccessRecord, AccessRow } from '@lexchange/contracts'
import { type JetStreamManager, jetstream } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'

/** Everything that ACCESS or HEADS holds, in its order. */
async function readStream<Data>(servers: string[], stream: string): Promise<Data[]> {
  const nats = await connect({ servers })
  try {
    const client = jetstream(nats)
    const manager: JetStreamManager = await client.jetstreamManager()
    const { state } = await manager.streams.info(stream)
    const found: Data[] = []
    for (let sequence = Math.max(state.first_seq, 1); sequence <= state.last_seq; sequence++) {
      const message = await manager.streams.getMessage(stream, { seq: sequence })
      if (message) found.push((message.json() as { data: Data }).data)
    }
    return found
  } finally {
    await nats.close()
  }
}

export async function recordsIn(servers: string[]): Promise<AccessRecord[]> {
  const messages = await readStream<{ records: AccessRow[] }>(servers, 'ACCESS')
  return messages.flatMap(({ records }) => records.map(accessRecordOf))
}

export const headsIn = (servers: string[]) => readStream<AccessHead>(servers, 'HEADS')

/** As oversight takes them: each once, by source, ascending. */
export function chainsOf(records: readonly AccessRecord[]): Map<string, AccessRecord[]> {
  const once = new Map(records.map((record) => [`${record.source} ${record.sequence}`, record]))
  const inOrder = [...once.values()].sort((a, b) => a.sequence - b.sequence)
  return Map.groupBy(inOrder, ({ source }) => source)
}
