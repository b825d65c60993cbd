import { Readable } from 'node:stream'

import { type ControlledTransaction, type Kysely, type RawBuilder, sql } from 'kysely'

import type { EntryTables } from '../entries/index.ts'

type SnapshotTransaction = ControlledTransaction<EntryTables>

export type Snapshot = {
  licenses: number
  /** NDJSON; its transaction ends with it, read to the end or not. */
  lines: Readable
}

/** Begins to read lines as of one moment, and counts them. */
export async function beginSnapshot(
  db: Kysely<EntryTables>,
  count: RawBuilder<unknown>,
  readLines: (trx: SnapshotTransaction) => AsyncGenerator<string>,
): Promise<Snapshot> {
  const trx = await db
    .startTransaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute()
  try {
    // A slow reader is no reason to give up; one that is gone ends the transaction at once.
    await sql`set local idle_in_transaction_session_timeout = '15min'`.execute(trx)
    const { rows } = await count.execute(trx)
    const [row] = rows as { count: string }[]
    return { licenses: Number(row?.count), lines: streamOf(trx, readLines(trx)) }
  } catch (error) {
    await trx.rollback().execute()
    throw error
  }
}

function streamOf(trx: SnapshotTransaction, generator: AsyncGenerator<string>): Readable {
  const lines = Readable.from(generator, { objectMode: false })
  // Not in the generator: one that was never begun never gets to its `finally`.
  lines.once('close', () => {
    trx
      .rollback()
      .execute()
      .catch(() => {})
  })
  return lines
}
