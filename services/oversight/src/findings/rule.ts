export const RULE_KINDS = [
  'quota-exceeded',
  'enumeration',
  'breadth',
  'case-reuse',
  'sensitive-share',
  'off-hours',
  'repeated-refusals',
] as const
export type RuleKind = (typeof RULE_KINDS)[number]

export type Thresholds = Readonly<Record<string, number>>

/** A rule as it is kept: its thresholds by kind of department, `default` for all others. */
export type Rule = {
  id: string
  kind: RuleKind
  enabled: boolean
  thresholds: Readonly<Record<string, Thresholds>>
}

/** What each kind of rule goes by, where nothing else is set. docs/oversight.md explains each. */
export const DEFAULTS: Readonly<Record<RuleKind, Thresholds>> = {
  'quota-exceeded': { refused: 20, over: 1, high: 2 },
  enumeration: { unknown: 40, unknownShare: 0.2, steps: 40, stepShare: 0.4, factor: 3, high: 2 },
  breadth: { holders: 60, ownFactor: 2.3, peerFactor: 2, drift: 1.9, newFactor: 3, high: 2 },
  'case-reuse': { holders: 100, ownFactor: 2, high: 2 },
  'sensitive-share': { answers: 25, odds: 4, high: 2 },
  'off-hours': { records: 25, ownFactor: 3, nightFrom: 21, nightUntil: 6, high: 2 },
  'repeated-refusals': { refused: 30, share: 0.1, ownFactor: 3, high: 2 },
}

/** The thresholds that hold for a kind of department: its own, else the rule's, else ours. */
export function thresholdsFor(rule: Rule, departmentKind: string): Thresholds {
  const { default: common, [departmentKind]: own } = rule.thresholds
  return { ...DEFAULTS[rule.kind], ...common, ...own }
}
