import type { AccessRecord, AgreementEntry, DepartmentEntry } from '@lexchange/contracts'
import type { Kysely } from 'kysely'

import {
  type AccessRecordTables,
  readRecords,
  TimeRangeInvalidError,
} from '../access-records/index.ts'
import { type CalendarTables, dayAfter, dayOf, spanOf } from '../calendar/index.ts'
import { type ThresholdChange, withThresholds } from './change-rule.ts'
import { evaluateDay } from './evaluate-day.ts'
import { DryRunTooLargeError, RuleNotFoundError } from './finding.errors.ts'
import type { FindingTables } from './finding.tables.ts'
import type { Finding } from './finding.ts'
import { loadHistory } from './load-history.ts'
import { findRule } from './rule.repository.ts'
import type { Rule } from './rule.ts'
import { summarise } from './summary.ts'
import { addToTally, createTally, type DayTally } from './tally.ts'

export type DryRunDeps = {
  db: Kysely<FindingTables & CalendarTables & AccessRecordTables>
  findDepartment(id: string): DepartmentEntry | undefined
  agreementsOf(departmentId: string): AgreementEntry[]
}

export type DryRun = {
  from: string
  to: string
  thresholds?: ThresholdChange | undefined
}

const MOST_DAYS = 31
const MOST_RECORDS = 2_000_000
const PAGE = 5_000

/** What a rule would have found, whether it is enabled or not; nothing is kept. docs/flows/dry-run-rule.md */
export async function dryRunRule(
  deps: DryRunDeps,
  id: string,
  { from, to, thresholds }: DryRun,
): Promise<{ findings: Finding[]; records: number }> {
  const stored = await findRule(deps.db as never, id)
  if (!stored) throw new RuleNotFoundError(id)
  const days = daysBetween(from, to)
  const rule = { ...stored, enabled: true, thresholds: withThresholds(stored, thresholds) }
  const kindOf = (department: string) => deps.findDepartment(department)?.kind ?? 'none'
  const history = await loadHistory({ db: deps.db as never, kindOf }, from, to)
  const findings: Finding[] = []
  let records = 0
  for (const day of days) {
    const tallies = new Map<string, DayTally>()
    for await (const record of recordsOf(deps.db as never, day)) {
      if (++records > MOST_RECORDS)
        throw new DryRunTooLargeError(`There are more than ${MOST_RECORDS} records in these days`)
      addRecord(tallies, day, record)
    }
    for (const finding of evaluateAll(deps, rule, tallies, history)) {
      findings.push(finding)
      history.markFound(finding.department, day, finding.kind)
    }
  }
  return { findings, records }
}

function evaluateAll(
  { findDepartment, agreementsOf }: DryRunDeps,
  rule: Rule,
  tallies: ReadonlyMap<string, DayTally>,
  history: Awaited<ReturnType<typeof loadHistory>>,
): Finding[] {
  // All first, because each is compared with its peers.
  for (const [department, tally] of tallies) history.put(summarise(department, tally))
  history.beginRound()
  return [...tallies].flatMap(([id, tally]) => {
    const department = { id, kind: findDepartment(id)?.kind ?? 'none' }
    return evaluateDay([rule], department, tally, history, agreementsOf(id)).findings
  })
}

function addRecord(tallies: Map<string, DayTally>, day: string, record: AccessRecord): void {
  if (record.department === null) return
  const tally = tallies.get(record.department) ?? createTally(day)
  tallies.set(record.department, tally)
  addToTally(tally, record)
}

function daysBetween(from: string, to: string): string[] {
  if (to < from) throw new TimeRangeInvalidError('not be before')
  const days: string[] = []
  for (let day = from; day <= to; day = dayAfter(day, 1)) {
    days.push(day)
    if (days.length > MOST_DAYS)
      throw new DryRunTooLargeError(`At most ${MOST_DAYS} days can be tried at once`)
  }
  return days
}

async function* recordsOf(db: Kysely<AccessRecordTables>, day: string) {
  let after: { at: Date; id: string } | undefined
  for (;;) {
    const records = await readRecords(db, spanOf(day), after, PAGE)
    yield* records.filter(({ at }) => dayOf(Date.parse(at)) === day)
    const last = records.at(-1)
    if (!last || records.length < PAGE) return
    after = { at: new Date(last.at), id: last.id }
  }
}
