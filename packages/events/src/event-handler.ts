import type { EventContract, EventOf } from '@lexchange/contracts'
import type { Transaction } from 'kysely'

/** Where in the stream an event stands. */
export type Delivery = { readonly subject: string; readonly streamSequence: number }

export type EventHandler<Tables, Contract extends EventContract = EventContract> = {
  readonly event: Contract
  /**
   * Told of every message that fits the contract before it is handled, also of one that is known
   * already or that will be parked; what it writes stays.
   */
  witness?(trx: Transaction<Tables>, event: EventOf<Contract>, delivery: Delivery): Promise<void>
  /**
   * Applies the event; the inbox claims its id in the same transaction, so it never runs twice for one.
   * A DomainError says that the event can never be applied: it is parked with that reason.
   */
  handle(trx: Transaction<Tables>, event: EventOf<Contract>, delivery: Delivery): Promise<void>
}

/** Declares how a consumer applies one version of one event. */
export function defineEventHandler<Tables, Contract extends EventContract>(
  handler: EventHandler<Tables, Contract>,
): EventHandler<Tables, Contract> {
  return handler
}
