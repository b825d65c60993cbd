import { createPulse } from '@lexchange/events'
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'

import { licensesSealedIn } from './compact-jwe.ts'
import type { SealedTables } from './sealed-claims.tables.ts'
import {
  dropSealedMessage,
  dropSealedMessagesBefore,
  findMessagesToErase,
  type SealedMessage,
} from './sealed-message.repository.ts'

const BATCH = 200
/** How often it is looked for messages, in ms, and for what streams have dropped, in looks. */
const LOOK = 1_000
const TIDY_LOOKS = 3_600

/**
 * Deletes from the streams what they hold of licenses whose claims were erased, overwriting the bytes.
 * A note is dropped when the message is gone, so that after a crash it is done once more.
 * docs/flows/apply-erasure.md
 */
async function eraseMessages(db: Kysely<SealedTables>, nats: NatsConnection): Promise<number> {
  const messages = await findMessagesToErase(db, BATCH)
  if (messages.length === 0) return 0
  const manager = await jetstreamManager(nats, { checkAPI: false })
  for (const message of messages) {
    await eraseMessage(manager, message)
    await dropSealedMessage(db, message)
  }
  return messages.length
}

async function eraseMessage(
  { streams }: JetStreamManager,
  { stream, sequence, licenseId }: SealedMessage,
): Promise<void> {
  const text = (await streams.getMessage(stream, { seq: sequence }))?.string()
  // A stream that was made anew holds another message there.
  if (text === undefined || !isOf(text, licenseId)) return
  await streams.deleteMessage(stream, sequence, true)
}

function isOf(text: string, licenseId: string): boolean {
  return text.toLowerCase().includes(licenseId) || licensesSealedIn(text).includes(licenseId)
}

/** Forgets notes of messages that the streams have dropped by their age. */
async function dropOldNotes(db: Kysely<SealedTables>, nats: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(nats, { checkAPI: false })
  for (const stream of ['ISSUANCE', 'SEALED'] as const) {
    const { state } = await manager.streams.info(stream)
    while ((await dropSealedMessagesBefore(db, stream, state.first_seq)) > 0);
  }
}

/** Keeps doing so for as long as the process lives. */
export function startErasing(options: {
  db: Kysely<SealedTables>
  nats: NatsConnection
  log: Logger
}): { stop(): Promise<void> } {
  const { db, nats, log } = options
  const pulse = createPulse()
  const running = (async () => {
    for (let looks = 0; !pulse.stopped; looks++) {
      try {
        const erased = await eraseMessages(db, nats)
        if (erased > 0) log.info({ erased }, 'messages erased from streams')
        if (erased === BATCH) continue
        if (looks % TIDY_LOOKS === 0) await dropOldNotes(db, nats)
      } catch (err) {
        log.warn({ err }, 'messages could not be erased yet')
      }
      await pulse.wait(LOOK)
    }
  })()
  return {
    async stop() {
      pulse.stop()
      await running
    },
  }
}
