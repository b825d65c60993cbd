import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { divisionOfUscc, isRegion, regionCovers } from './index.ts'

const two = fc.integer({ min: 0, max: 3 }).map((part) => String(part).padStart(2, '0'))
const regions = fc.oneof(
  fc.constant('100000'),
  fc.tuple(fc.constantFrom('11', '31', '44'), two, two).map((codes) => codes.join('')),
)

describe('isRegion', () => {
  it('takes six digits that do not begin with 0', () => {
    for (const code of ['100000', '440000', '440300', '440305', '110000']) {
      expect(isRegion(code)).toBe(true)
    }
    for (const code of ['', '44030', '4403000', '040300', '44030A', '440300\n', '４40300']) {
      expect(isRegion(code)).toBe(false)
    }
  })
})

describe('regionCovers', () => {
  it.each([
    ['100000', '440300', true],
    ['440000', '440300', true],
    ['440000', '440003', true],
    ['440300', '440305', true],
    ['440305', '440305', true],
    ['440300', '440000', false],
    ['440000', '100000', false],
    ['440300', '440105', false],
    ['440000', '110000', false],
    ['440003', '440000', false],
    ['440305', '440306', false],
    ['440000', 'unknown', false],
    ['', '440300', false],
  ])('%s over %s is %s', (wider, narrower, covers) => {
    expect(regionCovers(wider, narrower)).toBe(covers)
  })

  it('is an order with the country at its top', () => {
    fc.assert(
      fc.property(regions, regions, regions, (a, b, c) => {
        expect(regionCovers(a, a)).toBe(true)
        expect(regionCovers('100000', a)).toBe(true)
        if (regionCovers(a, b) && regionCovers(b, a)) expect(a).toBe(b)
        if (regionCovers(a, b) && regionCovers(b, c)) expect(regionCovers(a, c)).toBe(true)
      }),
    )
  })

  it('makes a tree: two regions that cover the same one cover each other one way', () => {
    fc.assert(
      fc.property(regions, regions, regions, (a, b, c) => {
        if (!regionCovers(a, c) || !regionCovers(b, c)) return
        expect(regionCovers(a, b) || regionCovers(b, a)).toBe(true)
      }),
    )
  })

  it('takes the division of a USCC', () => {
    expect(regionCovers('440000', divisionOfUscc('914403001922038216'))).toBe(true)
  })
})
