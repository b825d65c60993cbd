import { type Kysely, sql } from 'kysely'

import type { DirectoryTables } from './directory.tables.ts'
import type { EntryData, PublicKeyJwk } from './entry.ts'

export type OAuthClient = EntryData['client'] & { publicKey: PublicKeyJwk }

/** The client that may ask for tokens: registered, and neither it nor its organisation is suspended. */
export async function findOAuthClient(
  db: Kysely<DirectoryTables>,
  id: string,
): Promise<OAuthClient | undefined> {
  const { rows } = await sql<{ data: EntryData['client']; public_key: PublicKeyJwk }>`
    select client.data, client.public_key from directory_entry client
    left join directory_entry owner
      on owner.kind = client.data ->> 'kind'
      and owner.id = coalesce(client.data ->> 'authorityId', client.data ->> 'departmentId')
    where client.kind = 'client' and client.id = ${id}
      and client.data ->> 'state' = 'active'
      and coalesce(owner.data ->> 'state', 'active') = 'active'`.execute(db)
  const row = rows[0]
  return row && { ...row.data, publicKey: row.public_key }
}
