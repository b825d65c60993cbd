import { type CloudEvent, directoryEvents, directorySubject } from '@lexchange/contracts'
import { ensureStreams } from '@lexchange/events'
import { waitFor } from '@lexchange/testing'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'

import type { DirectoryEntry } from '../src/directory/index.ts'

/** The registry's side of NATS. */
export async function openStreams(servers: string[]) {
  const nats = await connect({ servers, maxReconnectAttempts: -1, reconnectTimeWait: 100 })
  await ensureStreams(nats)
  const manager = await jetstreamManager(nats, { checkAPI: false })
  return {
    manager,
    async publish({ subject, text }: { subject: string; text: string }): Promise<number> {
      const msgID = crypto.randomUUID()
      let sequence = 0
      // A server that has just come up may not answer the first time.
      await waitFor(async () => {
        sequence = (await jetstream(nats).publish(subject, text, { msgID, timeout: 1_000 })).seq
        return true
      })
      return sequence
    },
    async enter({ kind, entry }: DirectoryEntry): Promise<void> {
      const event: CloudEvent = {
        specversion: '1.0',
        id: crypto.randomUUID(),
        source: '/registry',
        type: directoryEvents[kind].type,
        subject: entry.id,
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        data: entry,
      }
      await jetstream(nats).publish(directorySubject(kind, entry.id), JSON.stringify(event))
    },
    created: async (stream: string) => (await manager.streams.info(stream)).created,
    /** Deletes a stream and makes it anew, as after a loss of the broker's disk. */
    async recreate(stream: string): Promise<void> {
      await manager.streams.delete(stream)
      await ensureStreams(nats)
    },
    close: () => nats.close(),
  }
}
export type TestStreams = Awaited<ReturnType<typeof openStreams>>
