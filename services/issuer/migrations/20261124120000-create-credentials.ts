import { type Kysely, sql } from 'kysely'

const STATEMENTS = [
  // What is signed with; the private part is at the key provider, under the same id.
  sql`create table signing_key (
    kid text primary key,
    authority_id text not null,
    public_jwk json,
    created_at timestamptz not null,
    signs_from timestamptz not null,
    compromised_since timestamptz
  )`,
  sql`create index signing_key_authority on signing_key (authority_id, signs_from)`,

  sql`create table status_list (
    id uuid primary key,
    authority_id text not null,
    size integer not null,
    taken integer not null default 0,
    created_at timestamptz not null
  )`,
  sql`create index status_list_authority on status_list (authority_id, created_at)`,
  // Every index once, shuffled, 4 bytes each. Not compressed, so that a slice is read alone.
  sql`create table status_list_pool (
    list_id uuid primary key references status_list (id),
    indexes bytea not null
  )`,
  sql`alter table status_list_pool alter column indexes set storage external`,
  sql`create table status_list_token (
    list_id uuid primary key references status_list (id),
    kid text not null,
    token text not null,
    signed_at timestamptz not null,
    expires_at timestamptz not null
  )`,
  // What the next token has to take in; a row goes when a token that has it is stored.
  sql`create table status_change (
    id bigint generated always as identity primary key,
    list_id uuid not null references status_list (id),
    license_id uuid,
    created_at timestamptz not null default now()
  )`,
  sql`create index status_change_list on status_change (list_id, id)`,

  sql`alter table license add status_list_id uuid references status_list (id)`,
  sql`alter table license add status_index integer`,
  sql`alter table license add holder_key json`,
  sql`create index license_without_credential on license (id) where status_list_id is null`,
  sql`create unique index license_status_entry on license (status_list_id, status_index)`,
  sql`create index license_status_set on license (status_list_id, status_index, status)
    where status <> 'active'`,

  sql`create table credential (
    license_id uuid not null references license (id),
    version integer not null,
    issue integer not null,
    kid text not null,
    credential text not null,
    issued_at timestamptz not null,
    superseded_at timestamptz,
    primary key (license_id, version, issue)
  )`,
  // Base64url does not compress: kept in the row, nobody tries.
  sql`alter table credential set (toast_tuple_target = 8160)`,
  sql`create unique index credential_current on credential (license_id, version)
    where superseded_at is null`,
  sql`create index credential_kid on credential (kid, license_id) where superseded_at is null`,

  // What will be signed, committed before it is: one for a license at a time.
  sql`create table signing_intent (
    id uuid primary key,
    license_id uuid not null unique,
    version integer not null,
    kid text not null,
    command text unique,
    request_hash text,
    license json not null,
    change json,
    draft json not null,
    claimed_until timestamptz,
    created_at timestamptz not null default now()
  )`,
  sql`alter table signing_intent set (toast_tuple_target = 8160)`,
  sql`create table presentation (
    reference_hash text primary key,
    license_id uuid not null references license (id),
    disclose json not null,
    by_client text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    exchanged_at timestamptz,
    exchanged_by text
  )`,
  sql`create index presentation_expires on presentation (expires_at)`,
  sql`create index signing_intent_created on signing_intent (created_at)`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await statement.execute(db)
}
