import { type Kysely, sql } from 'kysely'

const STATEMENTS = [
  sql`create table nats_credential (
    id uuid primary key,
    department_id text collate "C" not null,
    -- Of the user; what proves that one is this user is with the department only.
    public_key text not null unique,
    issued_by text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    revoked_by text,
    check ((revoked_at is null) = (revoked_by is null))
  )`,
  sql`create index nats_credential_department on nats_credential (department_id, id)`,
  sql`create index nats_credential_expiry on nats_credential (expires_at)`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await statement.execute(db)
}
