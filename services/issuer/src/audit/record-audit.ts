import type { Transaction } from 'kysely'

import type { AuditTables } from './audit.tables.ts'

export type AuditRecord = {
  at: Date
  action: string
  subject: string
  authorityId: string
  by: string
  detail: unknown
}

/** Who did what, when: in the same transaction as the change itself. */
export async function recordAudit(
  trx: Transaction<AuditTables>,
  { at, action, subject, authorityId, by, detail }: AuditRecord,
): Promise<void> {
  await trx
    .insertInto('audit_entry')
    .values({
      at,
      action,
      subject,
      authority_id: authorityId,
      by_client: by,
      detail: JSON.stringify(detail),
    })
    .execute()
}
