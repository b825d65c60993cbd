import type { Generated, Transaction } from 'kysely'

export interface AuditTables {
  audit_entry: {
    id: Generated<string>
    at: Date
    action: string
    subject: string
    by_client: string
    detail: string
  }
}

export type AuditRecord = {
  at: Date
  /** Past tense, e.g. `department.changed`. */
  action: string
  subject: string
  by: string
  detail: unknown
}

/** Who did what, when: in the same transaction as the change itself. */
export async function recordAudit(
  trx: Transaction<AuditTables>,
  { at, action, subject, by, detail }: AuditRecord,
): Promise<void> {
  await trx
    .insertInto('audit_entry')
    .values({ at, action, subject, by_client: by, detail: JSON.stringify(detail) })
    .execute()
}
