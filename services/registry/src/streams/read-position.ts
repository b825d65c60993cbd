import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'

import { StreamUnavailableError } from './stream.errors.ts'

const PATIENCE = 1_500

export type StreamPosition = {
  /** Last sequence number of the stream. */
  position: number
  /** When the stream was made: positions of another one mean nothing. */
  created: string
}

/** @throws StreamUnavailableError */
export async function readPosition(
  nats: NatsConnection | undefined,
  stream: 'LICENSES' | 'SEALED',
): Promise<StreamPosition> {
  if (!nats) throw new StreamUnavailableError()
  try {
    const manager = await jetstreamManager(nats, { checkAPI: false, timeout: PATIENCE })
    const { state, created } = await manager.streams.info(stream)
    return { position: state.last_seq, created: new Date(created).toISOString() }
  } catch (cause) {
    throw new StreamUnavailableError(cause)
  }
}
