import {
  CREATE_IDEMPOTENCY_KEY,
  CREATE_IDEMPOTENCY_KEY_CREATED,
  CREATE_INBOX,
  CREATE_OUTBOX,
  CREATE_OUTBOX_CREATED,
  CREATE_OUTBOX_PENDING,
  CREATE_PARKED_EVENT,
  CREATE_PARKED_EVENT_ONCE,
} from '@lexchange/postgres'
import { type Kysely, sql } from 'kysely'

const STATEMENTS = [
  CREATE_OUTBOX,
  CREATE_OUTBOX_PENDING,
  CREATE_OUTBOX_CREATED,
  CREATE_INBOX,
  CREATE_PARKED_EVENT,
  CREATE_PARKED_EVENT_ONCE,
  CREATE_IDEMPOTENCY_KEY,
  CREATE_IDEMPOTENCY_KEY_CREATED,

  sql`create table audit_entry (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    action text not null,
    subject text not null,
    by_client text not null,
    detail json not null
  )`,
  sql`create table directory_entry (
    kind text not null,
    id text not null,
    value json not null,
    revision integer not null,
    primary key (kind, id)
  )`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await statement.execute(db)
}
