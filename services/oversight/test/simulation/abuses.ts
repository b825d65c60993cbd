import type { RuleKind } from '../../src/findings/rule.ts'

export type AbuseWay = 'unknown' | 'walk' | 'growth' | 'case' | 'sensitive' | 'night' | 'refused'

export type Abuse = {
  way: AbuseWay
  what: string
  department: string
  from: string
  to: string
  /** The rule that must notice it. */
  expected: RuleKind
}

/** What is seeded into the year: the six kinds of the issue, enumeration in both its ways. */
export const ABUSES: readonly Abuse[] = [
  {
    ...{ way: 'unknown', what: 'tries out numbers that nobody was issued' },
    ...{ department: 'tax-3', from: '2026-05-11', to: '2026-05-15', expected: 'enumeration' },
  },
  {
    ...{ way: 'walk', what: 'walks through numbers one after the other' },
    ...{ department: 'finance-2', from: '2026-06-09', to: '2026-06-11', expected: 'enumeration' },
  },
  {
    ...{ way: 'growth', what: 'looks at a few more strangers every day' },
    ...{ department: 'market-access-2', from: '2026-06-22', to: '2026-11-30', expected: 'breadth' },
  },
  {
    ...{ way: 'case', what: 'uses one caseRef for hundreds of holders' },
    ...{ department: 'tendering-4', from: '2026-08-10', to: '2026-08-12', expected: 'case-reuse' },
  },
  {
    ...{ way: 'sensitive', what: 'takes secret fields of everybody' },
    ...{ department: 'finance-5', from: '2026-09-07', to: '2026-09-18' },
    expected: 'sensitive-share',
  },
  {
    ...{ way: 'night', what: 'snoops at night and on a holiday' },
    ...{ department: 'tax-7', from: '2026-10-05', to: '2026-10-16', expected: 'off-hours' },
  },
  {
    ...{ way: 'refused', what: 'probes what it has no agreement for' },
    ...{ department: 'market-access-6', from: '2026-11-02', to: '2026-11-06' },
    expected: 'repeated-refusals',
  },
]
