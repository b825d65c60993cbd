import { type Kysely, sql } from 'kysely'

const STATEMENTS = [
  // One key for all hashes, wrapped by the keyring.
  sql`create table search_key (
    id smallint primary key default 1 check (id = 1),
    wrapped text not null,
    created_at timestamptz not null default now()
  )`,
  sql`create table claim_hash (
    type text collate "C" not null,
    field text collate "C" not null,
    hash text collate "C" not null,
    license_id uuid not null references data_key (license_id),
    version integer not null,
    primary key (type, field, hash, license_id, version)
  )`,
  sql`create index claim_hash_license on claim_hash (license_id)`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await statement.execute(db)
}
