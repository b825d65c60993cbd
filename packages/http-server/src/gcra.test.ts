import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { cellsLeft, type RatePolicy, secondsToFull, secondsToNext, takeCell } from './gcra.ts'

const policies = fc.record({
  perSecond: fc.integer({ min: 1, max: 100_000 }),
  burst: fc.integer({ min: 1, max: 10_000 }),
})
/** Pauses between requests, in ms. */
const pauses = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 50, noNaN: true })), {
  minLength: 1,
  maxLength: 400,
})

function play(policy: RatePolicy, gaps: readonly number[]) {
  let [due, now] = [0, 1_000_000]
  return gaps.map((gap) => {
    now += gap
    const next = takeCell(due, now, policy)
    if (next !== undefined) due = next
    return { now, taken: next !== undefined, due }
  })
}

describe('takeCell', () => {
  it('lets the burst through at once, and then one for each interval', () => {
    const policy = { perSecond: 10, burst: 3 }
    const taken = play(policy, [0, 0, 0, 0, 50, 50, 0, 100]).map((each) => each.taken)
    expect(taken).toEqual([true, true, true, false, false, true, false, true])
  })

  it('never lets more through in any span than the burst and what the span pays for', () => {
    fc.assert(
      fc.property(policies, pauses, (policy, gaps) => {
        const taken = play(policy, gaps).filter((each) => each.taken)
        for (const [first, { now: from }] of taken.entries())
          for (const [last, { now: to }] of taken.entries()) {
            const paid = ((to - from) * policy.perSecond) / 1000
            if (last >= first && last - first + 1 > policy.burst + paid + 1e-3) return false
          }
        return true
      }),
      { numRuns: 60 },
    )
  })

  it('refuses nobody who keeps to the rate', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 300 }), (policy, count) => {
        const gap = 1000 / policy.perSecond
        return play(policy, new Array<number>(count).fill(gap)).every((each) => each.taken)
      }),
    )
  })

  it('says truly how many could follow, and when the next one can', () => {
    fc.assert(
      fc.property(policies, pauses, (policy, gaps) => {
        const { now, due } = play(policy, gaps).at(-1) as { now: number; due: number }
        const left = Math.min(cellsLeft(due, now, policy), 500)
        if (!allTaken(policy, due, now, left)) return false
        const later = now + secondsToNext(due, now, policy) * 1000
        return takeCell(due, later, policy) !== undefined
      }),
    )
  })

  it('counts seconds as whole whatever the clock shows', () => {
    const policy = { perSecond: 1, burst: 1 }
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e8, noNaN: true }), (now) => {
        const due = takeCell(0, now, policy) as number
        return secondsToFull(due, now) === 1 && secondsToNext(due, now, policy) === 1
      }),
    )
  })

  it('has the whole burst again after the seconds it names', () => {
    fc.assert(
      fc.property(policies, pauses, (policy, gaps) => {
        const { now, due } = play(policy, gaps).at(-1) as { now: number; due: number }
        return cellsLeft(due, now + secondsToFull(due, now) * 1000, policy) === policy.burst
      }),
    )
  })
})

/** Whether so many requests at one moment are all let through. */
function allTaken(policy: RatePolicy, from: number, now: number, count: number): boolean {
  let due = from
  for (let each = 0; each < count; each++) {
    const next = takeCell(due, now, policy)
    if (next === undefined) return false
    due = next
  }
  return true
}
