import { type Kysely, sql } from 'kysely'

const STATEMENTS = [
  // `record` is what the source has written; the other columns are there to be searched.
  sql`create table access_record (
    at timestamptz not null,
    id uuid not null,
    source text collate "C" not null,
    sequence bigint not null,
    hash text not null,
    department text collate "C",
    client text not null,
    action text not null,
    license_type text,
    license_number text collate "C",
    license_id text collate "C",
    holder text collate "C",
    purpose text,
    case_ref text collate "C",
    agreement text,
    outcome text not null,
    refused boolean not null,
    record text not null,
    received_at timestamptz not null default now()
  ) partition by range (at)`,
  sql`create table access_record_default partition of access_record default`,
  sql`create index access_record_at on access_record (at, id)`,
  sql`create index access_record_department on access_record (department, at, id)`,
  sql`create index access_record_client on access_record (client, at, id)`,
  sql`create index access_record_number on access_record (license_number, at, id)
    where license_number is not null`,
  sql`create index access_record_license on access_record (license_id, at, id)
    where license_id is not null`,
  sql`create index access_record_holder on access_record (holder, at, id) where holder is not null`,
  sql`create index access_record_case on access_record (case_ref, at, id)
    where case_ref is not null`,
  sql`create index access_record_chain on access_record (source, sequence)`,

  // A key over (source, sequence) cannot span partitions by time: this says what has come, in one row.
  sql`create table access_source (
    source text collate "C" primary key,
    received int8multirange not null default '{}',
    first_received_at timestamptz not null default now()
  )`,
  sql`create table access_conflict (
    source text collate "C" not null,
    sequence bigint not null,
    hash text not null,
    record text not null,
    received_at timestamptz not null default now(),
    primary key (source, sequence, hash)
  )`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await statement.execute(db)
}
