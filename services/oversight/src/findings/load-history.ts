import { type Kysely, sql } from 'kysely'

import { type CalendarTables, dayAfter, listHolidays } from '../calendar/index.ts'
import { readSummaries } from './finding.repository.ts'
import type { FindingTables } from './finding.tables.ts'
import { createHistory, type History } from './history.ts'
import { KEPT } from './past.ts'
import type { RuleKind } from './rule.ts'

export type HistoryDeps = {
  db: Kysely<FindingTables & CalendarTables>
  kindOf: (department: string) => string
}

/** What rules compare the days of a span with: summaries, findings that stand, and the holidays. */
export async function loadHistory(
  { db, kindOf }: HistoryDeps,
  from: string,
  to = from,
): Promise<History> {
  const first = dayAfter(from, -KEPT)
  const holidays = await listHolidays(db as unknown as Kysely<CalendarTables>)
  const calendar = new Map(holidays.map(({ day, working }) => [day, { working }]))
  const history = createHistory(kindOf, calendar)
  const findings = db as unknown as Kysely<FindingTables>
  for (const summary of await readSummaries(findings, first, to)) history.put(summary)
  for (const { department, day, kind } of await readStanding(findings, first, to))
    history.markFound(department, day, kind as RuleKind)
  return history
}

/** Findings that no officer has dismissed. */
async function readStanding(db: Kysely<FindingTables>, from: string, to: string) {
  const { rows } = await sql<{ department: string; day: string; kind: string }>`
    select department, to_char(day, 'YYYY-MM-DD') as day, kind from finding
    where day between ${from}::date and ${to}::date and not exists (
      select from case_finding join oversight_case on oversight_case.id = case_finding.case_id
      where case_finding.finding_id = finding.id and oversight_case.state = 'dismissed')`.execute(
    db,
  )
  return rows
}
