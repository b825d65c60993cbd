import { beforeAll, describe, expect, it } from 'vitest'

import { simulateYear, type Year } from '../../test/simulation/simulate-year.ts'

let year: Year
beforeAll(() => {
  year = simulateYear(2026)
})

describe('a simulated year of 40 honest departments, with abuse seeded into it', () => {
  it('has each kind of abuse found by the rule that is there for it', () => {
    const missed = year.found.filter(({ findings }) => findings.length === 0)
    expect(missed.map(({ abuse }) => `${abuse.department} ${abuse.what}`)).toEqual([])
    expect(year.departments).toHaveLength(40)
  })

  it('has abuse that is done at once found on its first day', () => {
    for (const { abuse, findings } of year.found.filter(({ abuse }) => abuse.way !== 'growth'))
      expect(findings[0]?.day, abuse.what).toBe(abuse.from)
  })

  it('has at most one false finding per department and month', () => {
    const months = year.mistaken.map(({ department, day }) => `${department} ${day.slice(0, 7)}`)
    expect(months.filter((each, place) => months.indexOf(each) !== place)).toEqual([])
  })
})
