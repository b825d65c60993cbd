import { type Kysely, sql } from 'kysely'

const STATEMENTS = [
  sql`create table oversight_case (
    id uuid primary key,
    department text collate "C" not null,
    state text not null check (state in ('open', 'investigating', 'substantiated', 'dismissed')),
    version integer not null,
    opened_at timestamptz not null,
    updated_at timestamptz not null
  )`,
  sql`create index oversight_case_opened on oversight_case (opened_at, id)`,
  sql`create index oversight_case_department on oversight_case (department, opened_at, id)`,
  // A finding is looked into once.
  sql`create table case_finding (
    finding_id uuid primary key references finding (id),
    case_id uuid not null references oversight_case (id)
  )`,
  sql`create index case_finding_case on case_finding (case_id)`,
  sql`create table case_step (
    id bigint generated always as identity primary key,
    case_id uuid not null references oversight_case (id),
    action text not null,
    state text not null,
    at timestamptz not null,
    by_client text not null,
    reason text not null,
    detail json not null
  )`,
  sql`create index case_step_case on case_step (case_id, id)`,
  sql`create table measure (
    id uuid primary key,
    case_id uuid not null references oversight_case (id),
    kind text not null check (kind in ('warn', 'throttle', 'suspend', 'end-agreement')),
    department text collate "C" not null,
    per_minute integer,
    agreement_id text,
    reason text not null,
    by_client text not null,
    ordered_at timestamptz not null
  )`,
  sql`create index measure_case on measure (case_id, ordered_at)`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await statement.execute(db)
}
