import { type Kysely, sql } from 'kysely'

const STATEMENTS = [
  // Key pairs that issuers seal claims for; old ones stay, to open what was sealed before.
  sql`create table encryption_key (
    kid text primary key,
    public_jwk json not null,
    wrapped_private_key text not null,
    created_at timestamptz not null
  )`,

  // One per license; null once it was erased, and with it all that it sealed.
  sql`create table data_key (
    license_id uuid primary key,
    wrapped text,
    key_id text,
    erased_at timestamptz,
    created_at timestamptz not null default now(),
    check ((wrapped is null) = (key_id is null) and (wrapped is null) = (erased_at is not null))
  )`,
  sql`create index data_key_wrapped_by on data_key (key_id, license_id) where wrapped is not null`,
  sql`create index data_key_erased on data_key (license_id) where erased_at is not null`,

  sql`create table sealed_claims (
    license_id uuid not null references data_key (license_id),
    version integer not null,
    fields jsonb not null,
    primary key (license_id, version)
  )`,

  // Where in streams there is something that has to go when the claims of a license are erased.
  sql`create table sealed_message (
    license_id uuid not null,
    stream text not null,
    sequence bigint not null,
    primary key (license_id, stream, sequence)
  )`,
  sql`create index sealed_message_place on sealed_message (stream, sequence)`,
  sql`create index outbox_sealed on outbox (ordering_key) where subject like 'sealed.%'`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await statement.execute(db)
}
