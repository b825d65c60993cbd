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
    authority_id text not null,
    by_client text not null,
    detail json not null
  )`,
  sql`create index audit_entry_subject on audit_entry (subject, id)`,

  sql`create table directory_entry (
    kind text not null,
    id text collate "C" not null,
    value json not null,
    revision integer not null,
    primary key (kind, id)
  )`,

  // Current state beside the history, so that one locked read gives all that a command decides on.
  // C collation of type and number: the order of snapshots is that of bytes.
  sql`create table license (
    id uuid primary key,
    serial text not null,
    type text collate "C" not null,
    number text collate "C" not null,
    authority_id text not null,
    authority_name text not null,
    authority_uscc text not null,
    region text not null,
    legacy_uscc boolean not null,
    issued_at timestamptz not null,
    updated_at timestamptz not null,
    version integer not null,
    sequence integer not null,
    status text not null check (status in ('active', 'suspended', 'revoked', 'cancelled')),
    valid_from timestamptz not null,
    valid_until timestamptz,
    effective_at timestamptz not null,
    holder json not null,
    claims json not null,
    expired_at timestamptz
  )`,
  sql`create index license_snapshot on license (type, number, id)`,
  sql`create index license_due on license (valid_until)
    where expired_at is null and valid_until is not null and status in ('active', 'suspended')`,

  sql`create table license_version (
    license_id uuid not null references license (id),
    version integer not null,
    event text not null,
    status text not null,
    valid_from timestamptz not null,
    valid_until timestamptz,
    effective_at timestamptz not null,
    holder json not null,
    claims json not null,
    reason text,
    legal_basis text,
    by_client text not null,
    recorded_at timestamptz not null,
    primary key (license_id, version)
  )`,

  sql`create table import (
    id uuid primary key,
    authority_id text not null,
    by_client text not null,
    type text,
    accept_legacy_uscc boolean not null,
    traceparent text,
    state text not null check (state in ('receiving', 'running', 'done', 'failed')),
    rows integer not null default 0,
    imported integer not null default 0,
    rejected integer not null default 0,
    error_count integer not null default 0,
    created_at timestamptz not null default now(),
    touched_at timestamptz not null default now()
  )`,
  sql`create index import_open on import (touched_at) where state in ('receiving', 'running')`,
  sql`create table import_row (
    import_id uuid not null references import (id) on delete cascade,
    row integer not null,
    content text,
    fault text,
    primary key (import_id, row)
  )`,
  sql`create table import_error (
    id bigint generated always as identity primary key,
    import_id uuid not null references import (id) on delete cascade,
    row integer not null,
    pointer text not null,
    detail text not null
  )`,
  sql`create index import_error_import on import_error (import_id, id)`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await statement.execute(db)
}
