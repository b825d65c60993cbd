import { type Kysely, sql, type Transaction } from 'kysely'

import type { CalendarTables } from './calendar.tables.ts'

export type Holiday = { day: string; name: string; working: boolean }

/** As text: a date of PostgreSQL would come as a time of this host's zone. */
const DAY = sql<string>`to_char(day, 'YYYY-MM-DD')`

export async function listHolidays(db: Kysely<CalendarTables>, year?: number): Promise<Holiday[]> {
  let query = db
    .selectFrom('holiday')
    .select([DAY.as('day'), 'name', 'working'])
    .orderBy('day')
  if (year !== undefined) query = query.where(sql<boolean>`extract(year from day) = ${year}`)
  return query.execute()
}

/** The days of a year, in place of those it had. */
export async function replaceHolidays(
  trx: Transaction<CalendarTables>,
  year: number,
  holidays: readonly Holiday[],
): Promise<void> {
  await trx.deleteFrom('holiday').where(sql<boolean>`extract(year from day) = ${year}`).execute()
  if (holidays.length > 0)
    await trx
      .insertInto('holiday')
      .values([...holidays])
      .execute()
}
