import {
  DiscardPolicy,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream'
import { type NatsConnection, nanos } from '@nats-io/transport-node'

const DAY = 86_400_000

type StreamDefinition = { subjects: string[]; keepDays?: number; lastPerSubject?: boolean }

/** Streams of architecture.md, by name. */
export const STREAMS = {
  ISSUANCE: { subjects: ['issuance.>'], keepDays: 30 },
  LICENSES: { subjects: ['license.>'], keepDays: 90 },
  DIRECTORY: { subjects: ['directory.>'], lastPerSubject: true },
  SEALED: { subjects: ['sealed.>'], keepDays: 30 },
  ACCESS: { subjects: ['access.>'], keepDays: 30 },
  HEADS: { subjects: ['access-head.>'], keepDays: 30 },
  /** Events copied to subscriptions, each to the one subject of its own. */
  DELIVERIES: { subjects: ['delivery.>'], keepDays: 7 },
  MEASURES: { subjects: ['measure.>'], keepDays: 90 },
} as const satisfies Record<string, StreamDefinition>

export type StreamName = keyof typeof STREAMS

/**
 * Creates the streams that are missing; what exists is left as the operator has set it.
 * @param replicas copies that a cluster keeps; 1 on a single server.
 */
export async function ensureStreams(nats: NatsConnection, replicas = 1): Promise<void> {
  const manager = await jetstreamManager(nats, { checkAPI: false })
  for (const [name, definition] of Object.entries(STREAMS))
    await ensureStream(manager, name, definition, replicas)
}

async function ensureStream(
  manager: JetStreamManager,
  name: string,
  definition: StreamDefinition,
  replicas: number,
): Promise<void> {
  try {
    await manager.streams.info(name)
    return
  } catch (error) {
    if (!isMissingStream(error)) throw error
  }
  await manager.streams.add({
    name,
    subjects: definition.subjects,
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    // What cannot be stored is refused, so that the outbox keeps it; an entry's last value replaces older ones.
    discard: definition.lastPerSubject ? DiscardPolicy.Old : DiscardPolicy.New,
    num_replicas: replicas,
    duplicate_window: nanos(120_000),
    ...(definition.keepDays && { max_age: nanos(definition.keepDays * DAY) }),
    ...(definition.lastPerSubject && { max_msgs_per_subject: 1 }),
  })
}

/** True where JetStream answers that a stream does not exist (error code 10059). */
export function isMissingStream(error: unknown): boolean {
  const { code, name, message } = error as { code?: unknown; name?: string; message?: string }
  return code === 10059 || name === 'StreamNotFoundError' || /stream not found/i.test(message ?? '')
}
