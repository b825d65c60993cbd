import type { RuleKind } from '../rule.ts'
import { breadth } from './breadth.ts'
import { caseReuse } from './case-reuse.ts'
import type { RuleFunction } from './context.ts'
import { enumeration } from './enumeration.ts'
import { offHours } from './off-hours.ts'
import { quotaExceeded } from './quota-exceeded.ts'
import { repeatedRefusals } from './repeated-refusals.ts'
import { sensitiveShare } from './sensitive-share.ts'

export const RULE_FUNCTIONS: Readonly<Record<RuleKind, RuleFunction>> = {
  'quota-exceeded': quotaExceeded,
  enumeration,
  breadth,
  'case-reuse': caseReuse,
  'sensitive-share': sensitiveShare,
  'off-hours': offHours,
  'repeated-refusals': repeatedRefusals,
}
