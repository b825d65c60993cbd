import { type Kysely, sql } from 'kysely'

import type { OAuthTables } from './oauth.tables.ts'

/** Remembers an assertion until it ends; false when it was used before, at whichever replica. */
export async function useAssertion(
  db: Kysely<OAuthTables>,
  id: string,
  expiresAt: Date,
): Promise<boolean> {
  const used = await db
    .insertInto('used_assertion')
    .values({ id, expires_at: expiresAt })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  return used !== undefined
}

/** Forgets assertions that would be refused as expired anyway. */
export async function dropUsedAssertions(db: Kysely<OAuthTables>, now: Date): Promise<void> {
  await sql`
    delete from used_assertion where expires_at < ${now}::timestamptz - interval '1 minute'`.execute(
    db,
  )
}
