import { claimMessage, type InboxTables, parkEvent } from '@lexchange/postgres'
import { DomainError } from '@lexchange/problems'
import { type Kysely, sql, type Transaction } from 'kysely'

import type { Delivery, EventHandler } from './event-handler.ts'
import { eventParser } from './parse-event.ts'

export type ReceivedMessage = Delivery & { readonly text: string }

/** How many messages of a delivery were applied, were known already, and were parked. */
export type DeliveryCount = { applied: number; repeated: number; parked: number }

type Parse = ReturnType<typeof eventParser>
type Parsed = ReturnType<Parse>

/**
 * Makes the function that applies messages in order, all of a delivery in one transaction. A message
 * that can never be applied is parked and does not hold up the others; any other failure rejects, with
 * nothing changed, and the delivery is to be tried again.
 * @param consumer name in inbox and parking; renaming it applies the stream anew, so treat it as data.
 */
export function createDelivery<Tables>(
  db: Kysely<Tables & InboxTables>,
  consumer: string,
  handlers: readonly EventHandler<Tables>[],
): (messages: readonly ReceivedMessage[]) => Promise<DeliveryCount> {
  const parse = eventParser(handlers.map(({ event }) => event))
  const handlerOf = new Map(handlers.map((handler) => [handler.event.type, handler]))

  async function apply(
    trx: Transaction<Tables & InboxTables>,
    { contract, event }: Parsed,
    message: ReceivedMessage,
  ) {
    // Two casts, because kysely cannot see that a generic `Tables & InboxTables` contains both.
    const claimed = await claimMessage(
      trx as unknown as Transaction<InboxTables>,
      consumer,
      `${event.source} ${event.id}`,
    )
    if (!claimed) return 'repeated'
    const handler = handlerOf.get(contract.type)
    await handler?.handle(trx as unknown as Transaction<Tables>, event as never, message)
    return 'applied'
  }

  async function applyOrPark(trx: Transaction<Tables & InboxTables>, message: ReceivedMessage) {
    const parsed = parseOrRefuse(parse, message.text)
    if (!(parsed instanceof DomainError))
      await handlerOf
        .get(parsed.contract.type)
        ?.witness?.(trx as unknown as Transaction<Tables>, parsed.event as never, message)
    await sql`savepoint message`.execute(trx)
    try {
      if (parsed instanceof DomainError) throw parsed
      const outcome = await apply(trx, parsed, message)
      await sql`release savepoint message`.execute(trx)
      return outcome
    } catch (error) {
      if (!(error instanceof DomainError) || error.kind === 'unavailable') throw error
      await sql`rollback to savepoint message`.execute(trx)
      await parkEvent(trx as unknown as Transaction<InboxTables>, {
        consumer,
        subject: message.subject,
        streamSequence: message.streamSequence,
        message: message.text.replaceAll('\0', ''),
        reason: error.code,
        detail: error.message,
      })
      return 'parked'
    }
  }

  return (messages) =>
    db.transaction().execute(async (trx) => {
      const count: DeliveryCount = { applied: 0, repeated: 0, parked: 0 }
      for (const message of messages) count[await applyOrPark(trx, message)]++
      return count
    })
}

function parseOrRefuse(parse: Parse, text: string): Parsed | DomainError {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
}
