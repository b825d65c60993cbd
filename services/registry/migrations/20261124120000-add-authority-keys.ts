import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table directory_entry drop constraint directory_entry_kind_check`.execute(db)
  await sql`alter table directory_entry add constraint directory_entry_kind_check
    check (kind in ('authority', 'department', 'client', 'key', 'authority-keys'))`.execute(db)
}
