import { type KeyEncryption, keyIdOf } from '@lexchange/encryption'
import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'

import type { ImportTables } from '../imports/index.ts'

export type RewrapDeps = { db: Kysely<ImportTables>; keys: KeyEncryption; log: Logger }

/** Where data keys are, and the column that names what each is of. */
const PLACES = [
  { table: 'license', about: 'id' },
  { table: 'signing_intent', about: 'license_id' },
  { table: 'import', about: 'id' },
] as const

type Place = (typeof PLACES)[number]
type Wrapped = { id: string; about: string; data_key: string }

const FIRST = { id: '00000000-0000-0000-0000-000000000000', data_key: '..' }

/**
 * Wraps data keys by the present key-encryption key that another one wraps. What a data key has sealed stays
 * as it is, and nobody waits for it. docs/flows/rewrap-data-keys.md
 * @returns how many were wrapped anew.
 */
export async function rewrapDataKeys(deps: RewrapDeps, limit = 200): Promise<number> {
  let count = 0
  for (const place of PLACES) {
    let after: Pick<Wrapped, 'id' | 'data_key'> = FIRST
    for (;;) {
      const page = await findOthers(deps, place, after, limit)
      count += await rewrap(deps, place, page)
      if (page.length < limit) break
      after = page.at(-1) ?? FIRST
    }
  }
  return count
}

async function findOthers(
  { db, keys }: RewrapDeps,
  { table, about }: Place,
  after: Pick<Wrapped, 'id' | 'data_key'>,
  limit: number,
): Promise<Wrapped[]> {
  const present = keys.currentKeyId()
  const { rows } = await sql<Wrapped>`
    select id, ${sql.ref(about)} as about, data_key from ${sql.table(table)}
    where data_key is not null
      and (split_part(data_key, '.', 2), id) > (${keyIdOf(after.data_key)}, ${after.id}::uuid)
      and (split_part(data_key, '.', 2) < ${present} or split_part(data_key, '.', 2) > ${present})
    order by split_part(data_key, '.', 2), id limit ${limit}`.execute(db)
  return rows
}

/** Where a key was erased or wrapped anew meanwhile, that stays. */
async function rewrap(
  { db, keys, log }: RewrapDeps,
  { table }: Place,
  page: readonly Wrapped[],
): Promise<number> {
  const fresh: (Wrapped & { wrapped: string })[] = []
  for (const each of page) {
    try {
      const key = await keys.unwrap(each.data_key, each.about)
      fresh.push({ ...each, wrapped: await keys.wrap(key, each.about) })
    } catch (err) {
      // One that nothing opens must not hold up the others.
      log.error({ err, table, id: each.id }, 'data key cannot be wrapped anew')
    }
  }
  if (fresh.length === 0) return 0
  const { numAffectedRows } = await sql`
    update ${sql.table(table)} as place set data_key = change.fresh
    from unnest(${fresh.map(({ id }) => id)}::uuid[], ${fresh.map((each) => each.data_key)}::text[],
      ${fresh.map(({ wrapped }) => wrapped)}::text[]) as change (id, old, fresh)
    where place.id = change.id and place.data_key = change.old`.execute(db)
  return Number(numAffectedRows ?? 0)
}

/** How many data keys there are, by the key-encryption key that wraps them. */
export async function countDataKeys(
  db: Kysely<ImportTables>,
): Promise<{ key: string; count: number }[]> {
  const parts = PLACES.map(
    ({ table }) => sql`select split_part(data_key, '.', 2) as key from ${sql.table(table)}
      where data_key is not null`,
  )
  const { rows } = await sql<{ key: string; count: string }>`
    select key, count(*) as count from (${sql.join(parts, sql` union all `)}) as keys
    group by key`.execute(db)
  return rows.map(({ key, count }) => ({ key, count: Number(count) }))
}
