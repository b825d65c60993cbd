import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table entry_version add column sealed boolean not null default false`.execute(db)
}
