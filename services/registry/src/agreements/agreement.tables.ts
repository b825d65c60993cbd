import type { DirectoryTables } from '../directory/index.ts'

export interface AgreementTables extends DirectoryTables {
  agreement: {
    id: string
    department_id: string
    state: string
    reason: string | null
    revision: number
    last_version: number
    created_at: Date
    updated_at: Date
  }
  agreement_version: {
    agreement_id: string
    version: number
    state: string
    terms: unknown
    drafted_by: string
    drafted_at: Date
    approved_by: string | null
    approved_at: Date | null
  }
}
