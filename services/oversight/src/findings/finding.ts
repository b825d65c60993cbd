import type { Rule, RuleKind, Thresholds } from './rule.ts'
import type { Examples } from './tally.ts'

export type Severity = 'medium' | 'high'

/** Why somebody should look: figures, what they were compared with, and where to begin reading. */
export type Evidence = {
  summary: string
  figures: Record<string, number>
  thresholds: Thresholds
  records: string[]
  numbers: string[]
}

export type Finding = {
  ruleId: string
  kind: RuleKind
  department: string
  day: string
  severity: Severity
  /** How many times the threshold; 1 is just at it. */
  score: number
  evidence: Evidence
}

/** What a rule function has to say; nothing where all is well. */
export type Suspicion = {
  score: number
  summary: string
  figures: Record<string, number>
  examples: Examples | undefined
}

export function toFinding(
  rule: Rule,
  thresholds: Thresholds,
  place: { department: string; day: string },
  { score, summary, figures, examples }: Suspicion,
): Finding {
  return {
    ruleId: rule.id,
    kind: rule.kind,
    ...place,
    severity: score >= (thresholds.high ?? 2) ? 'high' : 'medium',
    score: rounded(score),
    evidence: {
      summary,
      figures: Object.fromEntries(
        Object.entries(figures).map(([name, figure]) => [name, rounded(figure)]),
      ),
      thresholds,
      records: [...(examples?.records ?? [])],
      numbers: [...(examples?.numbers ?? [])],
    },
  }
}

function rounded(figure: number): number {
  return Math.round(figure * 1000) / 1000
}
