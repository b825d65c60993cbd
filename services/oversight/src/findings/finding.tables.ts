import type { Generated } from 'kysely'

export interface FindingTables {
  rule: {
    id: string
    kind: string
    enabled: boolean
    thresholds: unknown
    revision: Generated<number>
    changed_at: Generated<Date>
    changed_by: string
  }
  tally_due: { department: string; day: string; since: Generated<Date> }
  day_summary: { department: string; day: string; summary: unknown }
  finding: {
    id: string
    rule_id: string
    kind: string
    department: string
    day: string
    severity: string
    score: number
    evidence: unknown
    found_at: Date
    updated_at: Date
  }
}
