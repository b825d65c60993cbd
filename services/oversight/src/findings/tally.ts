import type { AccessRecord } from '@lexchange/contracts'
import { findLicenseType } from '@lexchange/license'

import { createDistinct, type Distinct } from './distinct.ts'
import { ordinalOf } from './ordinal.ts'

/** What one department did on one day (of China), added up record by record. */
export type DayTally = {
  readonly day: string
  records: number
  answered: number
  /** Refused because the department has no right to it. */
  refused: number
  /** Refused because of a quota or a throttle. */
  overQuota: number
  /** Records by hour of the day. */
  readonly hours: number[]
  readonly holders: Distinct
  readonly numbers: Distinct
  readonly unknown: Distinct
  /** Answers with a personal or secret field, and how many such fields. */
  sensitive: number
  disclosures: number
  /** How often a number followed its neighbour. */
  steps: number
  readonly recent: Map<string, number[]>
  readonly cases: Map<string, CaseUse>
  readonly agreements: Map<string, AgreementUse>
  readonly examples: Map<ExampleKind, Examples>
}

export type CaseUse = { holders: Distinct; records: number; examples: Examples }

/** Answers under one agreement: quotas count days of UTC, of which a day of China touches two. */
export type AgreementUse = {
  days: Map<string, number>
  minutes: Map<number, number>
  holders: Map<string, number>
}

export type ExampleKind =
  | 'answered'
  | 'unknown'
  | 'step'
  | 'sensitive'
  | 'refused'
  | 'overQuota'
  | 'night'
export type Examples = { records: string[]; numbers: string[] }

const EXAMPLES = 5
/** A walk by several clients at once interleaves: a neighbour is looked for among so many numbers. */
const LOOK_BACK = 8
const SERIES = 256
const HOUR = 3_600_000
const CHINA = 8
const OVER_QUOTA = new Set(['quota-exceeded', 'throttled'])
/** A request that could not be read says nothing about what was wanted. */
const MISTAKES = new Set(['request-invalid', 'request-malformed', 'field-unknown'])

export function createTally(day: string): DayTally {
  return {
    day,
    ...{ records: 0, answered: 0, refused: 0, overQuota: 0 },
    ...{ sensitive: 0, disclosures: 0, steps: 0 },
    hours: new Array<number>(24).fill(0),
    ...{ holders: createDistinct(), numbers: createDistinct(), unknown: createDistinct() },
    ...{ recent: new Map(), cases: new Map(), agreements: new Map(), examples: new Map() },
  }
}

/** Adds one record; the order hardly matters, so late ones may come last. */
export function addToTally(tally: DayTally, record: AccessRecord): void {
  const time = Date.parse(record.at)
  const hour = Math.floor(time / HOUR + CHINA) % 24
  tally.records++
  tally.hours[hour] = (tally.hours[hour] ?? 0) + 1
  if (hour < 6 || hour >= 21) keepExample(tally, 'night', record)
  if (record.refused) addRefusal(tally, record)
  else addAnswer(tally, record, time)
}

function addRefusal(tally: DayTally, record: AccessRecord): void {
  if (OVER_QUOTA.has(record.outcome)) {
    tally.overQuota++
    keepExample(tally, 'overQuota', record)
  } else if (!MISTAKES.has(record.outcome)) {
    tally.refused++
    keepExample(tally, 'refused', record)
  }
}

function addAnswer(tally: DayTally, record: AccessRecord, time: number): void {
  tally.answered++
  keepExample(tally, 'answered', record)
  addNumber(tally, record)
  addSensitive(tally, record)
  if (record.outcome === 'unknown') return
  const holder = holderOf(record)
  if (holder === undefined) return
  tally.holders.add(holder)
  if (record.caseRef !== null) addCase(tally, record.caseRef, holder, record)
  if (record.agreement !== null) addUse(tally, record.agreement, holder, time)
}

/** A person is nobody by name here: the license stands for its holder. */
function holderOf({ holder, license }: AccessRecord): string | undefined {
  return holder ?? license.id ?? license.number ?? undefined
}

function addNumber(tally: DayTally, record: AccessRecord): void {
  const { number } = record.license
  if (number === null) return
  tally.numbers.add(number)
  if (record.outcome === 'unknown') {
    tally.unknown.add(number)
    keepExample(tally, 'unknown', record)
  }
  const ordinal = ordinalOf(number)
  if (!ordinal) return
  const recent = recentOf(tally, ordinal.series)
  if (recent.some((place) => Math.abs(place - ordinal.place) === 1)) {
    tally.steps++
    keepExample(tally, 'step', record)
  }
  if (recent.includes(ordinal.place)) return
  recent.push(ordinal.place)
  if (recent.length > LOOK_BACK) recent.shift()
}

function recentOf({ recent }: DayTally, series: string): number[] {
  const known = recent.get(series)
  if (known) return known
  // The oldest series is forgotten: a Map keeps the order of insertion.
  if (recent.size >= SERIES) recent.delete(recent.keys().next().value ?? '')
  const fresh: number[] = []
  recent.set(series, fresh)
  return fresh
}

function addSensitive(tally: DayTally, record: AccessRecord): void {
  const { type } = record.license
  const classification = type === null ? undefined : findLicenseType(type)?.classification
  if (!classification) return
  const fields = record.disclosed.filter((field) =>
    ['personal', 'secret'].includes(classification[field] ?? 'public'),
  )
  if (fields.length === 0) return
  tally.sensitive++
  tally.disclosures += fields.length
  keepExample(tally, 'sensitive', record)
}

/** Most caseRefs of a department and day that are looked at. */
const CASES = 50_000

function addCase(tally: DayTally, caseRef: string, holder: string, record: AccessRecord): void {
  let use = tally.cases.get(caseRef)
  if (!use) {
    // A caseRef is the department's own text: without a bound it could fill the memory with them.
    if (tally.cases.size >= CASES) return
    use = { holders: createDistinct(2_048), records: 0, examples: { records: [], numbers: [] } }
    tally.cases.set(caseRef, use)
  }
  use.records++
  use.holders.add(holder)
  keep(use.examples, record)
}

function addUse(tally: DayTally, agreement: string, holder: string, time: number): void {
  let use = tally.agreements.get(agreement)
  if (!use) {
    use = { days: new Map(), minutes: new Map(), holders: new Map() }
    tally.agreements.set(agreement, use)
  }
  const day = new Date(time).toISOString().slice(0, 10)
  countUp(use.days, day)
  countUp(use.minutes, Math.floor(time / 60_000))
  countUp(use.holders, `${day} ${holder}`)
}

function countUp<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function keepExample(tally: DayTally, kind: ExampleKind, record: AccessRecord): void {
  const examples = tally.examples.get(kind)
  if (examples) keep(examples, record)
  else tally.examples.set(kind, keep({ records: [], numbers: [] }, record))
}

function keep(examples: Examples, { id, license: { number } }: AccessRecord): Examples {
  if (examples.records.length >= EXAMPLES) return examples
  examples.records.push(id)
  if (number !== null && !examples.numbers.includes(number)) examples.numbers.push(number)
  return examples
}
