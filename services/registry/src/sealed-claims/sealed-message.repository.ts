import { type Kysely, sql, type Transaction } from 'kysely'

import type { SealedTables } from './sealed-claims.tables.ts'

export type SealedStream = 'ISSUANCE' | 'SEALED'
export type SealedMessage = { licenseId: string; stream: SealedStream; sequence: number }

/** Notes where a stream holds something sealed of a license. */
export async function noteSealedMessage(
  trx: Transaction<SealedTables>,
  { licenseId, stream, sequence }: SealedMessage,
): Promise<void> {
  await trx
    .insertInto('sealed_message')
    .values({ license_id: licenseId, stream, sequence: String(sequence) })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Messages of licenses whose claims were erased. */
export async function findMessagesToErase(
  db: Kysely<SealedTables>,
  limit: number,
): Promise<SealedMessage[]> {
  const rows = await db
    .selectFrom('sealed_message')
    .innerJoin('data_key', 'data_key.license_id', 'sealed_message.license_id')
    .select(['sealed_message.license_id', 'stream', 'sequence'])
    .where('data_key.erased_at', 'is not', null)
    .orderBy('stream')
    .orderBy('sequence')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    licenseId: row.license_id,
    stream: row.stream as SealedStream,
    sequence: Number(row.sequence),
  }))
}

export async function dropSealedMessage(
  db: Kysely<SealedTables>,
  { licenseId, stream, sequence }: SealedMessage,
): Promise<void> {
  await db
    .deleteFrom('sealed_message')
    .where('license_id', '=', licenseId)
    .where('stream', '=', stream)
    .where('sequence', '=', String(sequence))
    .execute()
}

/** Forgets what a stream does not hold any more, some of it. */
export async function dropSealedMessagesBefore(
  db: Kysely<SealedTables>,
  stream: SealedStream,
  firstSequence: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from sealed_message where ctid = any(array(
      select ctid from sealed_message
      where stream = ${stream} and sequence < ${firstSequence} limit 10000))`.execute(db)
  return Number(numAffectedRows ?? 0)
}
