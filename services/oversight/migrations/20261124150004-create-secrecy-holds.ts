import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table secrecy_hold (
    id uuid primary key,
    department text collate "C",
    case_ref text collate "C",
    agreement text collate "C",
    until timestamptz not null,
    legal_basis json not null,
    created_at timestamptz not null,
    created_by text not null,
    ended_at timestamptz,
    ended_by text,
    check (department is not null or case_ref is not null or agreement is not null)
  )`.execute(db)
}
