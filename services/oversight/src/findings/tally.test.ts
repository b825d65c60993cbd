import { describe, expect, it } from 'vitest'

import { createSource } from '../../test/records.ts'
import { addToTally, createTally } from './tally.ts'

describe('addToTally', () => {
  it('keeps no more caseRefs than it can, whatever a department writes, and goes on counting', () => {
    const tally = createTally('2026-11-24')
    const [record] = createSource().records(1)
    if (!record) throw new Error('there is no record')
    for (let place = 0; place < 50_010; place++)
      addToTally(tally, { ...record, caseRef: `made up ${place}` })
    expect(tally.cases.size).toBe(50_000)
    expect(tally.records).toBe(50_010)
    addToTally(tally, { ...record, caseRef: 'made up 7' })
    expect(tally.cases.get('made up 7')?.records).toBe(2)
  })
})
