import { describe, expect, it } from 'vitest'

import {
  type AccessDraft,
  accessRecordOf,
  accessRowOf,
  chainRecord,
  EMPTY_CHAIN,
  encodeRecord,
  findChainFault,
  timeOrderedId,
} from './index.ts'

const draft: AccessDraft = {
  id: '01900000-0000-7000-8000-000000000001',
  at: '2026-11-24T01:00:00.000Z',
  department: 'tax',
  client: 'tax-department',
  action: 'verification',
  license: { type: 'business-license', number: '号"\\1\n', id: null },
  region: null,
  holder: '91350200776049653A',
  matched: ['name'],
  disclosed: [],
  purpose: 'tax',
  caseRef: 'SZ-"1"',
  agreement: 'tax',
  outcome: 'valid',
  refused: false,
  receipt: true,
  verificationId: null,
}

function chainOf(count: number) {
  let head = EMPTY_CHAIN
  return Array.from({ length: count }, () => {
    const { id: _, ...rest } = draft
    const record = chainRecord('test-1', head, rest)
    head = record
    return record
  })
}

describe('encodeRecord', () => {
  it('gives what chainRecord makes, byte for byte', () => {
    for (const changes of [{}, { department: null, refused: true, disclosed: ['a', 'b'] }]) {
      const asked = { ...draft, ...changes }
      const record = chainRecord('test-1', EMPTY_CHAIN, asked)
      const { json, head } = encodeRecord('test-1', EMPTY_CHAIN, asked)
      expect(json).toBe(JSON.stringify(accessRowOf(record)))
      expect(accessRecordOf(JSON.parse(json))).toEqual(record)
      expect(head).toEqual({ sequence: record.sequence, hash: record.hash })
    }
  })
})

describe('findChainFault', () => {
  it('finds nothing in a whole chain, and whatever was done to one', () => {
    const records = chainOf(5)
    expect(findChainFault(records)).toBeUndefined()
    const [first, second, third, ...rest] = records as [never, never, (typeof records)[0], never]
    expect(findChainFault([first, third, ...rest])).toEqual({ sequence: 2, fault: 'missing' })
    const changed = { ...third, client: 'other' }
    expect(findChainFault([first, second, changed, ...rest])).toEqual({
      sequence: 3,
      fault: 'changed',
    })
    const forged = chainRecord('test-1', { ...EMPTY_CHAIN, sequence: 2 }, draft)
    expect(findChainFault([first, second, forged, ...rest])).toEqual({
      sequence: 3,
      fault: 'unlinked',
    })
  })
})

describe('timeOrderedId', () => {
  it('is a UUIDv7 of the time, and never the same', () => {
    const ids = Array.from({ length: 100 }, () => timeOrderedId(1_795_000_000_000))
    expect(new Set(ids).size).toBe(100)
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(1_795_000_000_000)
    }
  })
})
