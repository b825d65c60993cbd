import { type Calendar, isFree } from '../../src/calendar/calendar.ts'
import { dayAfter } from '../../src/calendar/day.ts'
import { evaluateDay } from '../../src/findings/evaluate-day.ts'
import type { Finding } from '../../src/findings/finding.ts'
import { createHistory } from '../../src/findings/history.ts'
import { RULE_KINDS, type Rule } from '../../src/findings/rule.ts'
import { summarise } from '../../src/findings/summary.ts'
import { addToTally, createTally } from '../../src/findings/tally.ts'
import { ABUSES, type Abuse } from './abuses.ts'
import { createDepartments, type Habits } from './departments.ts'
import { makeDay } from './make-day.ts'
import { createRandom } from './random.ts'

export type Year = {
  departments: readonly Habits[]
  records: number
  found: { abuse: Abuse; findings: Finding[] }[]
  /** Findings that no abuse explains. */
  mistaken: Finding[]
}

/** The rules as they are set at first. */
const RULES: readonly Rule[] = RULE_KINDS.map((kind) => ({
  ...{ id: kind, kind, enabled: true },
  thresholds:
    kind === 'case-reuse' ? { tendering: { holders: 150 }, finance: { holders: 200 } } : {},
}))

/** A year day by day through the same code as the stream: nothing but records goes in. */
export function simulateYear(seed: number): Year {
  const departments = createDepartments(seed)
  const kinds = new Map(departments.map(({ id, kind }) => [id, kind]))
  const calendar = holidays2026()
  const history = createHistory((id) => kinds.get(id) ?? 'none', calendar)
  const random = createRandom(seed + 1)
  const findings: Finding[] = []
  let records = 0
  for (let day = '2026-01-01'; day <= '2026-12-31'; day = dayAfter(day, 1)) {
    const free = isFree(calendar, day)
    const tallies = departments.map((habits) => {
      const tally = createTally(day)
      const abuse = ABUSES.find(
        (each) => each.department === habits.id && each.from <= day && day <= each.to,
      )
      for (const record of makeDay(habits, { day, free, abuse }, random)) {
        addToTally(tally, record)
        records++
      }
      history.put(summarise(habits.id, tally))
      return { habits, tally }
    })
    history.beginRound()
    for (const { habits, tally } of tallies)
      findings.push(...evaluateDay(RULES, habits, tally, history, []).findings)
    for (const { department, kind } of findings.filter((each) => each.day === day))
      history.markFound(department, day, kind)
  }
  return { departments, records, ...judge(findings) }
}

/** Whatever is found of a department while it abuses is right; it must be found by the rule for it. */
function judge(findings: readonly Finding[]): Pick<Year, 'found' | 'mistaken'> {
  const within = (finding: Finding, { department, from, to }: Abuse) =>
    finding.department === department && from <= finding.day && finding.day <= to
  return {
    found: ABUSES.map((abuse) => ({
      abuse,
      findings: findings.filter((each) => within(each, abuse) && each.kind === abuse.expected),
    })),
    mistaken: findings.filter((each) => !ABUSES.some((abuse) => within(each, abuse))),
  }
}

const FREE: readonly (readonly [first: string, days: number])[] = [
  ['2026-01-01', 3],
  ['2026-02-15', 9],
  ['2026-04-04', 3],
  ['2026-05-01', 5],
  ['2026-06-19', 3],
  ['2026-09-25', 3],
  ['2026-10-01', 7],
]
const WORKED = ['01-04', '02-14', '02-28', '05-09', '09-20', '10-10']

function holidays2026(): Calendar {
  const calendar = new Map<string, { working: boolean }>()
  for (const [first, days] of FREE)
    for (let place = 0; place < days; place++)
      calendar.set(dayAfter(first, place), { working: false })
  for (const day of WORKED) calendar.set(`2026-${day}`, { working: true })
  return calendar
}
