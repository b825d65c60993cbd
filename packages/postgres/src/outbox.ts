import type { CloudEvent } from '@lexchange/contracts'
import { type Generated, sql, type Transaction } from 'kysely'

export interface OutboxTables {
  outbox: {
    /** Position in this table; gaps and late commits make it no cursor. */
    id: Generated<string>
    message_id: string
    /** NATS subject. */
    subject: string
    /** What the event is about; events of one key are published one after the other. */
    ordering_key: string
    /** CloudEvent as the text that is sent, so that what is sent again is the same to the byte. */
    message: string
    transaction_id: Generated<string>
    created_at: Generated<Date>
    published_at: Date | null
    /** Sequence number in the stream, from its acknowledgement. */
    stream_sequence: string | null
  }
}

/** Channel that wakes the relay. */
export const OUTBOX_CHANNEL = 'outbox'

export type OutboxMessage = { subject: string; event: CloudEvent }

/** Takes a Transaction, not a Kysely: an event is recorded with the change it describes or not at all. */
export async function appendToOutbox(
  trx: Transaction<OutboxTables>,
  ...messages: readonly OutboxMessage[]
): Promise<void> {
  if (messages.length === 0) return
  const columns = {
    ids: messages.map(({ event }) => event.id),
    subjects: messages.map(({ subject }) => subject),
    keys: messages.map(({ event }) => event.subject),
    texts: messages.map(({ event }) => JSON.stringify(event)),
  }
  // One round trip. PostgreSQL delivers a notification on commit, and folds equal ones of a transaction into one.
  await sql`
    with appended as (
      insert into outbox (message_id, subject, ordering_key, message)
      select * from unnest(${columns.ids}::text[], ${columns.subjects}::text[],
        ${columns.keys}::text[], ${columns.texts}::text[])
    )
    select pg_notify(${OUTBOX_CHANNEL}, '')`.execute(trx)
}

/** SQL that a service's first migration runs to make the tables of the outbox. */
export const CREATE_OUTBOX = sql`
  create table outbox (
    id bigint generated always as identity primary key,
    message_id text not null,
    subject text not null,
    ordering_key text not null,
    message text not null,
    transaction_id xid8 not null default pg_current_xact_id(),
    created_at timestamptz not null default now(),
    published_at timestamptz,
    stream_sequence bigint
  )`

export const CREATE_OUTBOX_PENDING = sql`
  create index outbox_pending on outbox (transaction_id, id) where published_at is null`

export const CREATE_OUTBOX_CREATED = sql`create index outbox_created on outbox (created_at)`
