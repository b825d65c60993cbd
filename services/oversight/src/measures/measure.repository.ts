import type { Measure } from '@lexchange/contracts'
import type { Kysely, Transaction } from 'kysely'

import type { MeasureTables } from './measure.tables.ts'

export type StoredMeasure = Measure & { orderedAt: Date }

export async function insertMeasure(
  trx: Transaction<MeasureTables>,
  measure: StoredMeasure,
): Promise<void> {
  await trx
    .insertInto('measure')
    .values({
      ...{ id: measure.id, case_id: measure.caseId, kind: measure.kind },
      ...{ department: measure.departmentId, reason: measure.reason, by_client: measure.by },
      per_minute: measure.perMinute ?? null,
      agreement_id: measure.agreementId ?? null,
      ordered_at: measure.orderedAt,
    })
    .execute()
}

export async function listMeasures(
  db: Kysely<MeasureTables>,
  caseId: string,
): Promise<StoredMeasure[]> {
  const rows = await db
    .selectFrom('measure')
    .select(['id', 'case_id', 'kind', 'department', 'per_minute', 'agreement_id', 'reason'])
    .select(['by_client', 'ordered_at'])
    .where('case_id', '=', caseId)
    .orderBy('ordered_at')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    ...{ id: row.id, caseId: row.case_id, kind: row.kind as Measure['kind'] },
    ...{ departmentId: row.department, reason: row.reason, by: row.by_client },
    ...(row.per_minute !== null && { perMinute: row.per_minute }),
    ...(row.agreement_id !== null && { agreementId: row.agreement_id }),
    orderedAt: row.ordered_at,
  }))
}
