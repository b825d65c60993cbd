import { type Kysely, sql } from 'kysely'

import type { IssuerTables } from '../src/database.ts'

/** Texts that stand for nobody's claims, and are found wherever they are in the clear. */
export function markedClaims() {
  const mark = () => `marker-${crypto.randomUUID()}`
  const digits = () => String(Math.random()).slice(2, 12).padEnd(10, '0')
  const claims = {
    legalRepresentativeId: mark(),
    contactPhone: `+86${digits()}`,
    beneficialOwners: [mark(), mark()],
    settlementAccount: digits() + digits(),
  }
  const markers = Object.values(claims).flat()
  return { claims, markers }
}

/** Every value of every table, as text, with where it stands; bytes as base64, hex and as they are. */
async function dump(db: Kysely<IssuerTables>): Promise<{ place: string; text: string }[]> {
  const { rows: columns } = await sql<{ table_name: string; column_name: string; type: string }>`
    select table_name, column_name, data_type as type from information_schema.columns
    where table_schema = 'public' order by 1, 2`.execute(db)
  const values: { place: string; text: string }[] = []
  for (const { table_name, column_name, type } of columns) {
    const column = sql.ref(column_name)
    const text = type === 'bytea' ? sql`encode(${column}, 'escape')` : sql`${column}::text`
    const { rows } = await sql<{ text: string | null }>`
      select ${text} as text from ${sql.table(table_name)}`.execute(db)
    for (const row of rows)
      if (row.text !== null) values.push({ place: `${table_name}.${column_name}`, text: row.text })
  }
  return values
}

/** Columns that have one of the markers: as it is, in base64url or in hex. */
export async function findMarkers(
  db: Kysely<IssuerTables>,
  markers: readonly string[],
): Promise<string[]> {
  const values = await dump(db)
  if (values.length < 10) throw new Error('There is nothing in the database')
  const found = values.filter(({ text }) => markers.some((marker) => holds(text, marker)))
  return [...new Set(found.map(({ place }) => place))].sort()
}

function holds(text: string, marker: string): boolean {
  if (text.includes(marker) || text.includes(Buffer.from(marker).toString('hex'))) return true
  // What is within base64 is found at one of its three shifts.
  return [0, 1, 2].some((shift) => {
    const encoded = Buffer.from(`${' '.repeat(shift)}${marker}`).toString('base64url')
    const inner = encoded.slice(shift === 0 ? 0 : shift + 1, -4)
    return text.replaceAll('+', '-').replaceAll('/', '_').includes(inner)
  })
}
