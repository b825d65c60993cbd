import { type Kysely, sql } from 'kysely'

const STATEMENTS = [
  sql`create table agreement (
    id text collate "C" primary key,
    department_id text collate "C" not null,
    state text not null check (state in ('draft', 'active', 'suspended', 'ended')),
    -- Of the last suspension, resumption or end.
    reason text,
    revision integer not null,
    last_version integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
  )`,
  sql`create index agreement_department on agreement (department_id, id)`,

  sql`create table agreement_version (
    agreement_id text collate "C" not null references agreement (id),
    version integer not null,
    state text not null check (state in ('draft', 'approved', 'superseded', 'rejected')),
    terms jsonb not null,
    drafted_by text not null,
    drafted_at timestamptz not null,
    approved_by text,
    approved_at timestamptz,
    primary key (agreement_id, version),
    -- Four eyes; a seed is entered as it is, by whoever runs the registry.
    check (approved_by is null or approved_by <> drafted_by or drafted_by = 'seed')
  )`,
  sql`create unique index agreement_version_draft
    on agreement_version (agreement_id) where state = 'draft'`,
  sql`create unique index agreement_version_approved
    on agreement_version (agreement_id) where state = 'approved'`,

  sql`alter table directory_entry drop constraint directory_entry_kind_check`,
  sql`alter table directory_entry add constraint directory_entry_kind_check
    check (kind in ('authority', 'department', 'client', 'key', 'authority-keys', 'agreement'))`,
  // What reads of a department are judged by.
  sql`create index directory_entry_agreement
    on directory_entry ((data ->> 'departmentId')) where kind = 'agreement'`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await statement.execute(db)
}
