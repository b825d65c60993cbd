import type { AccessRecord, AgreementEntry, DepartmentEntry } from '@lexchange/contracts'
import type { Kysely, Transaction } from 'kysely'

import {
  type AccessRecordTables,
  type RecordWatcher,
  readRecords,
} from '../access-records/index.ts'
import { type CalendarTables, dayAfter, dayOf, spanOf } from '../calendar/index.ts'
import { evaluateDay } from './evaluate-day.ts'
import { dropDue, listDue, saveFinding, saveSummary } from './finding.repository.ts'
import type { FindingTables } from './finding.tables.ts'
import type { Finding } from './finding.ts'
import type { History } from './history.ts'
import { loadHistory } from './load-history.ts'
import { listRules } from './rule.repository.ts'
import { addToTally, createTally, type DayTally } from './tally.ts'

type Tables = FindingTables & CalendarTables & AccessRecordTables

export type ApplyRulesOptions = {
  db: Kysely<Tables>
  now: () => Date
  findDepartment(id: string): DepartmentEntry | undefined
  agreementsOf(departmentId: string): AgreementEntry[]
  /** Told of each finding in the transaction that stores it. */
  onFinding(trx: Transaction<Tables>, finding: Finding & { id: string }): Promise<void>
}

/** Days of departments that are looked at in one go; records wait meanwhile. */
const BATCH = 100
/** How old the history may get before dismissals and holidays are read again, in ms. */
const REFRESH = 60_000
const PAGE = 5_000

/**
 * Keeps what the days add up to in memory, and applies the rules to those that have got new records.
 * What is due is in the database: a process that takes over begins with that. docs/flows/apply-rules.md
 */
export function createRuleWatcher(options: ApplyRulesOptions): RecordWatcher {
  const { db, now } = options
  const tallies = new Map<string, DayTally>()
  const histories = cacheHistory(options)

  async function evaluate(department: string, day: string): Promise<void> {
    const key = keyOf(department, day)
    const tally = tallies.get(key) ?? (await rebuildTally(db as never, department, day))
    tallies.set(key, tally)
    const past = await histories.of(day)
    past.beginRound()
    const kind = options.findDepartment(department)?.kind ?? 'none'
    const rules = await listRules(db as never)
    const agreements = options.agreementsOf(department)
    const { summary, findings } = evaluateDay(
      rules,
      { id: department, kind },
      tally,
      past,
      agreements,
    )
    await db.transaction().execute(async (trx) => {
      const own = trx as unknown as Transaction<FindingTables>
      await saveSummary(own, summary)
      for (const finding of findings) {
        const { id } = await saveFinding(own, finding, now())
        await options.onFinding(trx, { ...finding, id })
      }
      await dropDue(own, department, day)
    })
    for (const finding of findings) past.markFound(department, day, finding.kind)
  }

  return {
    async begin() {
      tallies.clear()
      histories.forget()
    },
    see: (records) => addRecords(tallies, records),
    async conclude() {
      const failures: unknown[] = []
      for (const { department, day } of await listDue(db as never, BATCH))
        await evaluate(department, day).catch((error: unknown) => {
          // Made anew of the records next time.
          tallies.delete(keyOf(department, day))
          failures.push(error)
        })
      forgetOldDays(tallies, dayAfter(dayOf(now().getTime()), -1))
      if (failures.length > 0) throw failures[0]
    },
  }
}

/** History of today and yesterday is kept for a while; of older days it is read when they get records. */
function cacheHistory({ db, now, findDepartment }: ApplyRulesOptions) {
  const kindOf = (id: string) => findDepartment(id)?.kind ?? 'none'
  let kept: { history: History; day: string; at: number } | undefined
  return {
    forget() {
      kept = undefined
    },
    async of(day: string): Promise<History> {
      const at = now().getTime()
      const today = dayOf(at)
      const isRecent = day >= dayAfter(today, -1)
      if (isRecent && kept?.day === today && at - kept.at < REFRESH) return kept.history
      const history = await loadHistory({ db: db as never, kindOf }, day, day > today ? day : today)
      if (isRecent) kept = { history, day: today, at }
      return history
    },
  }
}

/** One that is not in memory is made of the database when it is needed. */
async function addRecords(
  tallies: ReadonlyMap<string, DayTally>,
  records: readonly AccessRecord[],
): Promise<void> {
  for (const record of records) {
    if (record.department === null) continue
    const tally = tallies.get(keyOf(record.department, dayOf(Date.parse(record.at))))
    if (tally) addToTally(tally, record)
  }
}

async function rebuildTally(
  db: Kysely<AccessRecordTables>,
  department: string,
  day: string,
): Promise<DayTally> {
  const tally = createTally(day)
  let after: { at: Date; id: string } | undefined
  for (;;) {
    const records = await readRecords(db, { ...spanOf(day), department }, after, PAGE)
    for (const record of records) addToTally(tally, record)
    const last = records.at(-1)
    if (!last || records.length < PAGE) return tally
    after = { at: new Date(last.at), id: last.id }
  }
}

function forgetOldDays(tallies: Map<string, DayTally>, before: string): void {
  for (const [key, { day }] of tallies) if (day < before) tallies.delete(key)
}

function keyOf(department: string, day: string): string {
  return `${department} ${day}`
}
