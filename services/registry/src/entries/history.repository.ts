import type { Kysely } from 'kysely'

import type { EntryTables } from './entry.tables.ts'

/** One version of a license: who made it, when and why. */
export type HistoryItem = {
  version: number
  event: string
  status: string
  validFrom: string
  validUntil: string | null
  at: string
  reason: string | null
  legalBasis: string | null
  by: string
}

export async function listVersions(
  db: Kysely<EntryTables>,
  id: string,
  { after, limit }: { after: number; limit: number },
): Promise<HistoryItem[]> {
  const rows = await db
    .selectFrom('entry_version')
    .select([
      'version',
      'event',
      'status',
      'valid_from',
      'valid_until',
      'effective_at',
      'reason',
      'legal_basis',
      'by_client',
    ])
    .where('license_id', '=', id)
    .where('version', '>', after)
    .orderBy('version')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    version: row.version,
    event: row.event,
    status: row.status,
    validFrom: row.valid_from.toISOString(),
    validUntil: row.valid_until?.toISOString() ?? null,
    at: row.effective_at.toISOString(),
    reason: row.reason,
    legalBasis: row.legal_basis,
    by: row.by_client,
  }))
}
