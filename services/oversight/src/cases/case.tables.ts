import type { Generated } from 'kysely'

export interface CaseTables {
  oversight_case: {
    id: string
    department: string
    state: string
    version: number
    opened_at: Date
    updated_at: Date
  }
  case_finding: { finding_id: string; case_id: string }
  case_step: {
    id: Generated<string>
    case_id: string
    action: string
    state: string
    at: Date
    by_client: string
    reason: string
    detail: string
  }
}
