import { type Kysely, sql } from 'kysely'

const STATEMENTS = [
  sql`create table rule (
    id text collate "C" primary key,
    kind text not null,
    enabled boolean not null,
    thresholds json not null,
    revision integer not null default 1,
    changed_at timestamptz not null default now(),
    changed_by text not null
  )`,
  sql`create table holiday (
    day date primary key,
    name text not null,
    working boolean not null
  )`,
  // Days of China: a department's, and whether records have come that its summary does not have yet.
  sql`create table tally_due (
    department text collate "C" not null,
    day date not null,
    since timestamptz not null default now(),
    primary key (department, day)
  )`,
  sql`create table day_summary (
    department text collate "C" not null,
    day date not null,
    summary json not null,
    primary key (day, department)
  )`,
  sql`create table finding (
    id uuid primary key,
    rule_id text not null references rule (id),
    kind text not null,
    department text collate "C" not null,
    day date not null,
    severity text not null check (severity in ('medium', 'high')),
    score double precision not null,
    evidence json not null,
    found_at timestamptz not null,
    updated_at timestamptz not null,
    unique (department, day, rule_id)
  )`,
  sql`create index finding_found on finding (found_at, id)`,
  sql`create index finding_department on finding (department, found_at, id)`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await statement.execute(db)
}
