import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { AckPolicy, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'

import { onCore } from './on-core.ts'

export const RAW_SOURCE = 'RAW_SOURCE'
export const RAW_COPIES = 'RAW_COPIES'

export const rawSource = (region: string) => `raw-source.${region}`
export const rawCopy = (consumer: string) => `raw-copy.${consumer}`

/** Streams, consumers and the copier of the reference: who gets which region, by consumer. */
export async function startRawCopies(
  nats: NatsConnection,
  servers: readonly string[],
  regionOf: ReadonlyMap<string, string>,
) {
  const manager = await jetstreamManager(nats)
  await manager.streams.add({ name: RAW_SOURCE, subjects: [rawSource('*')] })
  await manager.streams.add({ name: RAW_COPIES, subjects: [rawCopy('*')] })
  for (const consumer of regionOf.keys())
    await manager.consumers.add(RAW_COPIES, {
      durable_name: consumer,
      filter_subject: rawCopy(consumer),
      ack_policy: AckPolicy.Explicit,
    })
  const file = fileURLToPath(new URL('fan-out-raw-main.ts', import.meta.url))
  const child = fork(file, [], {
    ...onCore('server'),
    env: { SERVERS: servers.join(','), REGIONS: JSON.stringify([...regionOf]) },
  })
  await once(child, 'message')
  return {
    pid: child.pid ?? 0,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
