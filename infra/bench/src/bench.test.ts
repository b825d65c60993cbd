import { describe, expect, it } from 'vitest'

import { spread } from './bench.ts'
import { judge } from './fan-out.ts'
import { statusPaths } from './licenses.ts'

describe('bench', () => {
  it('judges the median of the pairs, and shows the ends', () => {
    expect(spread([0.9, 0.5, 0.7])).toEqual({ median: 0.7, min: 0.5, max: 0.9 })
    expect(spread([0.4, 0.2])).toEqual({ median: expect.closeTo(0.3), min: 0.2, max: 0.4 })
  })

  it('marks a fan-out that leaves a subscriber behind', () => {
    const took = [1, 2, 3]
    expect(judge({ took, rates: [8, 10, 11] }, 60).met).toBe(true)
    const { met, note } = judge({ took, rates: [7.9, 10, 11] }, 60)
    expect(met).toBe(false)
    expect(note).toContain('p50 2.0 ms')
    expect(note).toContain('0.79 of the median')
  })

  it('asks only for licenses that are there', () => {
    const paths = statusPaths(50)
    expect(new Set(paths).size).toBeGreaterThan(20)
    expect(paths.every((path) => /\/9144030000000000[0-4][0-9]\/status$/.test(path))).toBe(true)
  })
})
