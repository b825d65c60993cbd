import type { SealedFields, SealedSnapshot } from '@lexchange/contracts'
import { type ControlledTransaction, type Kysely, sql } from 'kysely'

import type { EntryTables } from '../entries/index.ts'
import { beginSnapshot, type Snapshot } from './begin-snapshot.ts'

const PAGE = 1_000
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'

/** All sealed claims as of one moment, by license id. docs/flows/read-sealed-snapshot.md */
export function readSealedSnapshot(db: Kysely<EntryTables>): Promise<Snapshot> {
  return beginSnapshot(db, sql`select count(*) as count from data_key`, readLines)
}

async function* readLines(trx: ControlledTransaction<EntryTables>): AsyncGenerator<string> {
  let after = BEFORE_ALL
  for (;;) {
    const lines = await readPage(trx, after)
    if (lines.length > 0) yield `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`
    if (lines.length < PAGE) return
    after = lines.at(-1)?.licenseId ?? after
  }
}

type Row = {
  license_id: string
  wrapped: string | null
  versions: { version: number; fields: SealedFields }[] | null
}

async function readPage(
  trx: ControlledTransaction<EntryTables>,
  after: string,
): Promise<SealedSnapshot[]> {
  const { rows } = await sql<Row>`
    select license_id, wrapped, (
      select json_agg(json_build_object('version', version, 'fields', fields) order by version)
      from sealed_claims where sealed_claims.license_id = data_key.license_id
    ) as versions
    from data_key where license_id > ${after}::uuid order by license_id limit ${PAGE}`.execute(trx)
  return rows.map((row) => ({
    licenseId: row.license_id,
    dataKey: row.wrapped,
    versions: row.versions ?? [],
  }))
}
