import { type Kysely, sql } from 'kysely'

/** What holds where nothing else is set is in the code (src/findings/rule.ts); these are the kinds that differ. */
const RULES: Record<string, object> = {
  'quota-exceeded': { default: {} },
  enumeration: { default: {} },
  breadth: { default: {} },
  // A tender has many bidders, a bank's review many borrowers.
  'case-reuse': { default: {}, tendering: { holders: 150 }, finance: { holders: 200 } },
  'sensitive-share': { default: {} },
  'off-hours': { default: {} },
  'repeated-refusals': { default: {} },
}

/** The State Council's arrangement for 2026. */
const FREE: [name: string, from: string, to: string][] = [
  ['New Year', '2026-01-01', '2026-01-03'],
  ['Spring Festival', '2026-02-15', '2026-02-23'],
  ['Qingming', '2026-04-04', '2026-04-06'],
  ['Labour Day', '2026-05-01', '2026-05-05'],
  ['Dragon Boat Festival', '2026-06-19', '2026-06-21'],
  ['Mid-Autumn Festival', '2026-09-25', '2026-09-27'],
  ['National Day', '2026-10-01', '2026-10-07'],
]
const WORKED = ['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10']

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [id, thresholds] of Object.entries(RULES))
    await sql`insert into rule (id, kind, enabled, thresholds, changed_by)
      values (${id}, ${id}, true, ${JSON.stringify(thresholds)}, 'migration')`.execute(db)
  for (const [name, from, to] of FREE)
    await sql`insert into holiday (day, name, working)
      select day::date, ${name}, false
      from generate_series(${from}::date, ${to}::date, interval '1 day') as day`.execute(db)
  for (const day of WORKED)
    await sql`insert into holiday (day, name, working)
      values (${day}::date, 'Worked to make up', true)`.execute(db)
}
