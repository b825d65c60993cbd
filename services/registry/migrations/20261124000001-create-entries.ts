import { type Kysely, sql } from 'kysely'

const STATEMENTS = [
  // A trusted extension: the owner of the database may create it.
  sql`create extension if not exists pg_trgm`,

  // C collation of type and number: the order of snapshots is that of bytes.
  sql`create table entry (
    id uuid primary key,
    identifier text not null,
    type text collate "C" not null,
    number text collate "C" not null,
    holder json not null,
    holder_uscc text,
    holder_name text,
    authority_id text not null,
    authority_name text not null,
    region text collate "C" not null,
    version integer not null,
    sequence bigint not null,
    status text not null,
    valid_from timestamptz not null,
    valid_until timestamptz,
    issued_at timestamptz not null,
    updated_at timestamptz not null,
    claims json not null
  )`,
  sql`create index entry_snapshot on entry (type, number, id)`,
  sql`create index entry_updated on entry (updated_at, id)`,
  sql`create index entry_holder on entry (holder_uscc, updated_at, id)`,
  sql`create index entry_type on entry (type, updated_at, id)`,
  sql`create index entry_county on entry (region, updated_at, id)`,
  // One index per level of division, so that a search in a province is an ordered index scan too.
  sql`create index entry_province on entry (left(region, 2), updated_at, id)`,
  sql`create index entry_city on entry (left(region, 4), updated_at, id)`,
  sql`create index entry_number_text on entry using gin (number gin_trgm_ops)`,
  sql`create index entry_name_text on entry using gin (holder_name gin_trgm_ops)`,

  sql`create table entry_version (
    license_id uuid not null references entry (id),
    version integer not null,
    event text not null,
    status text not null,
    valid_from timestamptz not null,
    valid_until timestamptz,
    effective_at timestamptz not null,
    claims json not null,
    reason text,
    legal_basis text,
    by_client text not null,
    recorded_at timestamptz not null default now(),
    primary key (license_id, version)
  )`,

  sql`create table held_event (
    license_id uuid not null,
    sequence bigint not null,
    subject text not null,
    stream_sequence bigint not null,
    message text not null,
    held_at timestamptz not null default now(),
    primary key (license_id, sequence)
  )`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await statement.execute(db)
}
