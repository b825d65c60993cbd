import { type Generated, type Kysely, sql, type Transaction } from 'kysely'

export interface InboxTables {
  inbox: { consumer: string; message_id: string; received_at: Generated<Date> }
  parked_event: {
    id: Generated<string>
    consumer: string
    subject: string
    stream_sequence: string
    message: string
    /** Problem code of what stands against the event. */
    reason: string
    detail: string
    parked_at: Generated<Date>
  }
}

/** Returns false when this consumer has already handled the message. */
export async function claimMessage(
  trx: Transaction<InboxTables>,
  consumer: string,
  messageId: string,
): Promise<boolean> {
  const claimed = await trx
    .insertInto('inbox')
    .values({ consumer, message_id: messageId })
    .onConflict((conflict) => conflict.doNothing())
    .returning('message_id')
    .executeTakeFirst()
  return claimed !== undefined
}

export type ParkedEvent = {
  consumer: string
  subject: string
  streamSequence: number
  message: string
  reason: string
  detail: string
}

/** Keeps an event that cannot be applied, with the reason, for an operator; once per stream position. */
export async function parkEvent(db: Kysely<InboxTables>, event: ParkedEvent): Promise<void> {
  await db
    .insertInto('parked_event')
    .values({
      consumer: event.consumer,
      subject: event.subject,
      stream_sequence: String(event.streamSequence),
      message: event.message,
      reason: event.reason,
      detail: event.detail,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export const CREATE_INBOX = sql`
  create table inbox (
    consumer text not null,
    message_id text not null,
    received_at timestamptz not null default now(),
    primary key (consumer, message_id)
  )`

/** A stream that was made anew starts at 1 again, so a position alone does not name an event. */
export const CREATE_PARKED_EVENT = sql`
  create table parked_event (
    id bigint generated always as identity primary key,
    consumer text not null,
    subject text not null,
    stream_sequence bigint not null,
    message text not null,
    reason text not null,
    detail text not null,
    parked_at timestamptz not null default now()
  )`

export const CREATE_PARKED_EVENT_ONCE = sql`
  create unique index parked_event_once on parked_event (consumer, stream_sequence, md5(message))`
