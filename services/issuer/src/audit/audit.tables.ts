import type { Generated } from 'kysely'

export interface AuditTables {
  audit_entry: {
    id: Generated<string>
    at: Date
    /** Past tense, e.g. `license.suspended`. */
    action: string
    subject: string
    authority_id: string
    by_client: string
    /** Numbers and reasons only, never claims. */
    detail: string
  }
}
