import type { DayTally } from './tally.ts'

/** What is kept of a department's day: figures only, small enough to compare with for months. */
export type DaySummary = {
  department: string
  day: string
  records: number
  answered: number
  refused: number
  overQuota: number
  holders: number
  numbers: number
  unknown: number
  sensitive: number
  disclosures: number
  steps: number
  /** Most holders of one caseRef. */
  caseHolders: number
  hours: number[]
  /** Answers by agreement and day of UTC, for a quota that reaches into the next day of China. */
  agreements: Record<string, Record<string, number>>
}

export function summarise(department: string, tally: DayTally): DaySummary {
  return {
    department,
    day: tally.day,
    records: tally.records,
    answered: tally.answered,
    refused: tally.refused,
    overQuota: tally.overQuota,
    holders: tally.holders.count,
    numbers: tally.numbers.count,
    unknown: tally.unknown.count,
    sensitive: tally.sensitive,
    disclosures: tally.disclosures,
    steps: tally.steps,
    caseHolders: [...tally.cases.values()].reduce(
      (most, { holders }) => Math.max(most, holders.count),
      0,
    ),
    hours: tally.hours,
    agreements: Object.fromEntries(
      [...tally.agreements].map(([id, { days }]) => [id, Object.fromEntries(days)]),
    ),
  }
}
