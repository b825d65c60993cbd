import type { AccessHead } from '@lexchange/contracts'
import { type Kysely, sql, type Transaction } from 'kysely'

import type { AccessRecordTables } from './access-record.tables.ts'

export type AccessAnchor = AccessHead & { id: string; conflict: boolean }

/** Adds what is new; nothing that was received is ever changed. */
export async function insertAnchor(
  trx: Transaction<AccessRecordTables>,
  { source, sequence, hash, at }: AccessHead,
): Promise<void> {
  await trx
    .insertInto('access_anchor')
    .values({ source, sequence: String(sequence), hash, at: new Date(at) })
    .onConflict((conflict) => conflict.columns(['source', 'sequence', 'hash']).doNothing())
    .execute()
}

/** In the order received; `conflict` where the source gave another hash for the same sequence. */
export async function listAnchors(
  db: Kysely<AccessRecordTables>,
  source: string | undefined,
  { after, limit }: { after: string; limit: number },
): Promise<AccessAnchor[]> {
  const rows = await db
    .selectFrom('access_anchor as anchor')
    .select(['anchor.id', 'anchor.source', 'anchor.sequence', 'anchor.hash', 'anchor.at'])
    .select(
      sql<boolean>`exists (
        select from access_anchor other
        where other.source = anchor.source and other.sequence = anchor.sequence
          and other.hash <> anchor.hash)`.as('conflict'),
    )
    .where('anchor.id', '>', after)
    .$if(source !== undefined, (query) => query.where('anchor.source', '=', source as string))
    .orderBy('anchor.id')
    .limit(limit)
    .execute()
  return rows.map(({ sequence, at, ...row }) => ({
    ...row,
    sequence: Number(sequence),
    at: at.toISOString(),
  }))
}
