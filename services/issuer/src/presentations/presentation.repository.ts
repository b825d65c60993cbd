import { type Kysely, sql, type Transaction } from 'kysely'

import type { PresentationTables } from './presentation.tables.ts'

export type NewPresentation = {
  referenceHash: string
  licenseId: string
  disclose: readonly string[]
  by: string
  createdAt: Date
  expiresAt: Date
}

export async function insertPresentation(
  trx: Transaction<PresentationTables>,
  presentation: NewPresentation,
): Promise<void> {
  await trx
    .insertInto('presentation')
    .values({
      reference_hash: presentation.referenceHash,
      license_id: presentation.licenseId,
      disclose: JSON.stringify(presentation.disclose),
      by_client: presentation.by,
      created_at: presentation.createdAt,
      expires_at: presentation.expiresAt,
      exchanged_at: null,
      exchanged_by: null,
    })
    .execute()
}

/** Takes a presentation that is still good; one statement decides, so that only one can. */
export async function takePresentation(
  db: Kysely<PresentationTables>,
  referenceHash: string,
  { at, by }: { at: Date; by: string },
): Promise<{ licenseId: string; disclose: string[] } | undefined> {
  const row = await db
    .updateTable('presentation')
    .set({ exchanged_at: at, exchanged_by: by })
    .where('reference_hash', '=', referenceHash)
    .where('exchanged_at', 'is', null)
    .where('expires_at', '>', at)
    .returning(['license_id', 'disclose'])
    .executeTakeFirst()
  return row && { licenseId: row.license_id, disclose: row.disclose as string[] }
}

export async function isKnownPresentation(
  db: Kysely<PresentationTables>,
  referenceHash: string,
): Promise<boolean> {
  const row = await db
    .selectFrom('presentation')
    .select('reference_hash')
    .where('reference_hash', '=', referenceHash)
    .executeTakeFirst()
  return row !== undefined
}

/** Long after their end, when nobody asks what became of them. */
export async function dropOldPresentations(db: Kysely<PresentationTables>): Promise<void> {
  await sql`delete from presentation where expires_at < now() - interval '1 day'`.execute(db)
}
