import { type Kysely, sql } from 'kysely'

const STATEMENTS = [
  sql`create table subscription (
    id uuid primary key,
    department_id text collate "C" not null,
    filter jsonb not null,
    kind text not null check (kind in ('jetstream', 'webhook', 'sse')),
    url text check ((kind = 'webhook') = (url is not null)),
    -- Sealed by the keyring, the newest first.
    secrets jsonb not null default '[]',
    state text not null check (state in ('active', 'paused')),
    last_error jsonb,
    revision integer not null,
    -- The revision that the fan-out follows.
    seen_revision integer not null default 0,
    -- Grows with every replay, so that what is copied again is no duplicate.
    generation integer not null default 0,
    -- Position in LICENSES up to which events were copied, while it is not carried with all the others.
    behind_from bigint,
    -- A replay that the fan-out has not begun yet.
    replay_pending boolean not null default false,
    -- Last message of DELIVERIES that was made for an SSE subscription, and that was sent to a connection.
    published_sequence bigint not null default 0,
    sent_sequence bigint not null default 0,
    created_at timestamptz not null,
    updated_at timestamptz not null
  )`,
  sql`create index subscription_department on subscription (department_id, id)`,

  sql`create table fan_out (
    only_row boolean primary key default true check (only_row),
    -- When LICENSES was made: positions of another stream mean nothing.
    stream_created text not null,
    position bigint not null
  )`,

  sql`create table webhook_event (
    -- Order of delivery.
    id bigint generated always as identity primary key,
    subscription_id uuid not null references subscription (id) on delete cascade,
    position bigint not null,
    event_id text not null,
    event_type text not null,
    license_id text not null,
    -- CloudEvent as the text that is sent and signed.
    message text not null,
    attempts integer not null default 0,
    first_attempt_at timestamptz,
    next_attempt_at timestamptz,
    failure text,
    dead_at timestamptz,
    unique (subscription_id, event_id)
  )`,
  sql`create index webhook_event_pending
    on webhook_event (subscription_id, id) where dead_at is null`,
  sql`create index webhook_event_license
    on webhook_event (subscription_id, license_id, id) where dead_at is null`,
  sql`create index webhook_event_failed
    on webhook_event (subscription_id) where dead_at is null and attempts > 0`,
  sql`create index webhook_event_dead
    on webhook_event (subscription_id, id) where dead_at is not null`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await statement.execute(db)
}
