import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { intervalOf, type StatusInterval, statusAt, verdictOf, versionAt } from './license.ts'

const first = {
  version: 1,
  status: 'active',
  effectiveAt: 100,
  validFrom: 200,
  validUntil: 1000,
} as const satisfies StatusInterval

describe('statusAt', () => {
  it('follows time through one version', () => {
    const at = (time: number) => statusAt([first], time)
    expect([at(99), at(100), at(199), at(200), at(999), at(1000)]).toEqual([
      'unknown',
      'not-yet-valid',
      'not-yet-valid',
      'active',
      'active',
      'expired',
    ])
  })

  it('is unknown where there is no version', () => {
    expect(statusAt([], 100)).toBe('unknown')
  })

  it('never expires without an end', () => {
    expect(statusAt([{ ...first, validUntil: null }], Number.MAX_SAFE_INTEGER)).toBe('active')
  })

  it.each(['revoked', 'cancelled'] as const)('stays %s before and after its validity', (status) => {
    for (const time of [150, 500, 2000]) {
      expect(statusAt([{ ...first, status }], time)).toBe(status)
    }
  })

  it('lets a suspended license expire', () => {
    const suspended = { ...first, status: 'suspended' } as const
    expect([statusAt([suspended], 150), statusAt([suspended], 999)]).toEqual([
      'not-yet-valid',
      'suspended',
    ])
    expect(statusAt([suspended], 1000)).toBe('expired')
  })

  it('answers by the version of the time asked for, in whatever order they come', () => {
    const suspended = { ...first, version: 2, status: 'suspended', effectiveAt: 300 } as const
    const reinstated = { ...first, version: 3, effectiveAt: 300 } as const
    const revoked = { ...first, version: 4, status: 'revoked', effectiveAt: 400 } as const
    for (const versions of [
      [first, suspended, reinstated, revoked],
      [revoked, reinstated, suspended, first],
      [reinstated, first, revoked, suspended],
    ]) {
      expect([299, 300, 399, 400].map((time) => statusAt(versions, time))).toEqual([
        'active',
        'active',
        'active',
        'revoked',
      ])
      expect(versionAt(versions, 300)).toBe(reinstated)
    }
  })
})

describe('versionAt', () => {
  it('finds the greatest of (effectiveAt, version) that is not after T', () => {
    const versions = fc.uniqueArray(
      fc.record({ version: fc.integer({ min: 1, max: 9 }), effectiveAt: fc.nat({ max: 5 }) }),
      { selector: ({ version }) => version },
    )
    fc.assert(
      fc.property(versions, fc.nat({ max: 6 }), (all, time) => {
        const [expected] = all
          .filter(({ effectiveAt }) => effectiveAt <= time)
          .sort((a, b) => b.effectiveAt - a.effectiveAt || b.version - a.version)
        expect(versionAt(all, time)).toBe(expected)
      }),
    )
  })
})

describe('intervalOf', () => {
  it('turns Dates into epoch milliseconds', () => {
    const state = {
      version: 1,
      status: 'active',
      effectiveAt: new Date(100),
      validFrom: new Date(200),
      validUntil: new Date(1000),
    } as const
    expect(intervalOf(state)).toEqual(first)
    expect(intervalOf({ ...state, validUntil: null })).toEqual({ ...first, validUntil: null })
  })
})

describe('verdictOf', () => {
  it('is valid for active alone', () => {
    expect(verdictOf('active')).toBe('valid')
    expect(verdictOf('unknown')).toBe('unknown')
    for (const status of [
      'suspended',
      'revoked',
      'cancelled',
      'not-yet-valid',
      'expired',
    ] as const) {
      expect(verdictOf(status)).toBe('invalid')
    }
  })
})
