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

  // The entry as DIRECTORY carries it; public_key is what only the authorization server needs.
  sql`create table directory_entry (
    kind text not null check (kind in ('authority', 'department', 'client', 'key')),
    id text collate "C" not null,
    revision integer not null,
    data jsonb not null,
    public_key jsonb,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (kind, id)
  )`,

  sql`create table signing_key (
    kid text primary key,
    public_jwk json not null,
    sealed_private_jwk text not null,
    created_at timestamptz not null,
    active_from timestamptz not null,
    retired_at timestamptz
  )`,
  sql`create table used_assertion (
    id text primary key,
    expires_at timestamptz not null
  )`,
  sql`create index used_assertion_expires on used_assertion (expires_at)`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await statement.execute(db)
}
