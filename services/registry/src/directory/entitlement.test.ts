import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { entitlementsOf, withEntitlements } from './entitlement.ts'
import type { EntryData } from './entry.ts'

type Authority = EntryData['authority']
type Change = Partial<Pick<Authority, 'licenseTypes' | 'region' | 'state' | 'name'>>

const TYPES = ['business-license', 'food-operation-permit', 'construction-qualification']
const authority: Authority = {
  ...{ id: 'shenzhen', name: 'Shenzhen', uscc: '11100000MB0143028R', region: '440300' },
  ...{ licenseTypes: ['business-license'], state: 'active' },
}
const time = (ms: number) => new Date(1_790_000_000_000 + ms)

const change: fc.Arbitrary<Change> = fc.record(
  {
    licenseTypes: fc.subarray(TYPES),
    region: fc.constantFrom('440300', '440000', '110000'),
    state: fc.constantFrom('active' as const, 'suspended' as const),
    name: fc.constantFrom('Shenzhen', 'Shenzhen II'),
  },
  { requiredKeys: [] },
)

/** What an authority was entitled to at a moment, by its spans: of each, the type and the region. */
function heldAt({ entitlements = [] }: Authority, at: number): string[] {
  const then = time(at).toISOString()
  return entitlements
    .filter(({ from, to }) => from <= then && (to === null || then < to))
    .map(({ licenseTypes, region }) => `${licenseTypes} in ${region}`)
}

function expectInOrder({ entitlements = [] }: Authority): void {
  for (const [index, { from, to }] of entitlements.entries()) {
    expect(to === null || from <= to).toBe(true)
    const next = entitlements[index + 1]
    expect(next === undefined || (to !== null && to <= next.from)).toBe(true)
  }
}

describe('withEntitlements', () => {
  it('keeps of every moment what was held at it, and spans never overlap', () => {
    const steps = fc.array(fc.tuple(change, fc.nat(3)), { maxLength: 20 })
    fc.assert(
      fc.property(steps, (changes) => {
        let now = 0
        let current: Authority = withEntitlements(authority, undefined, time(now))
        /** What held from each change on; of two at the same moment, the later one. */
        const held = new Map<number, string[]>()
        const note = () => {
          const { state, licenseTypes, region } = current
          held.set(now, state === 'active' ? [`${licenseTypes} in ${region}`] : [])
        }
        note()
        for (const [changed, later] of changes) {
          now += later
          current = withEntitlements({ ...current, ...changed }, current, time(now))
          note()
        }
        expectInOrder(current)
        let expected: string[] = []
        for (let at = 0; at <= now + 1; at++) {
          expected = held.get(at) ?? expected
          expect(heldAt(current, at)).toEqual(expected)
        }
        expect(heldAt(current, -1)).toEqual([])
      }),
    )
  })

  it('makes no spans that overlap though clocks of replicas differ', () => {
    const steps = fc.array(fc.tuple(change, fc.integer({ min: -5, max: 5 })), { maxLength: 20 })
    fc.assert(
      fc.property(steps, (changes) => {
        let now = 0
        let current: Authority = withEntitlements(authority, undefined, time(now))
        for (const [changed, later] of changes) {
          now += later
          current = withEntitlements({ ...current, ...changed }, current, time(now))
          expectInOrder(current)
          expect(current.entitlements?.at(-1)?.to === null).toBe(current.state === 'active')
        }
      }),
    )
  })

  it('begins no new span where nothing of what it may issue has changed', () => {
    const first = withEntitlements(authority, undefined, time(0))
    const renamed = withEntitlements({ ...first, name: 'Other' }, first, time(5))
    expect(renamed.entitlements).toEqual(first.entitlements)
  })

  it('takes what an authority without spans is as what it has always been', () => {
    const always = [
      {
        from: '1970-01-01T00:00:00.000Z',
        to: null,
        licenseTypes: ['business-license'],
        region: '440300',
      },
    ]
    expect(entitlementsOf(authority)).toEqual(always)
    expect(withEntitlements({ ...authority, name: 'Other' }, authority, time(0))).toMatchObject({
      entitlements: always,
    })
    const moved = withEntitlements({ ...authority, region: '440000' }, authority, time(0))
    expect(heldAt(moved, -1)).toEqual(['business-license in 440300'])
    expect(heldAt(moved, 0)).toEqual(['business-license in 440000'])
    const suspended: Authority = { ...authority, state: 'suspended' }
    expect(entitlementsOf(suspended)).toEqual([])
    const active = withEntitlements(authority, suspended, time(0))
    expect([heldAt(active, -1), heldAt(active, 0)]).toEqual([[], ['business-license in 440300']])
  })
})
