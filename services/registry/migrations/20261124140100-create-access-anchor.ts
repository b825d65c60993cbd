import { type Kysely, sql } from 'kysely'

const STATEMENTS = [
  // Only added to: a head that contradicts another is kept beside it.
  sql`create table access_anchor (
    id bigint generated always as identity primary key,
    source text collate "C" not null,
    sequence bigint not null,
    hash text not null,
    at timestamptz not null,
    received_at timestamptz not null default now(),
    unique (source, sequence, hash)
  )`,
  sql`create index access_anchor_source on access_anchor (source, id)`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await statement.execute(db)
}
