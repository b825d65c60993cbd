import type { AgreementEntry, Measure } from '@lexchange/contracts'
import { appendToOutbox, type OutboxTables } from '@lexchange/postgres'
import type { Transaction } from 'kysely'
import { v7 as newId } from 'uuid'

import { type AuditTables, recordAudit } from '../audit/index.ts'
import {
  CaseNotFoundError,
  type CaseTables,
  lockCase,
  orderMeasureIn,
  recordStep,
  saveCase,
} from '../cases/index.ts'
import { measureOrderedMessage } from './measure.events.ts'
import { insertMeasure, type StoredMeasure } from './measure.repository.ts'
import type { MeasureTables } from './measure.tables.ts'
import { checkOrder, type MeasureOrder } from './measure.ts'

type Trx = Transaction<MeasureTables & CaseTables & AuditTables & OutboxTables>

export type Act = { by: string; now: Date; traceparent?: string | undefined }

/** Orders a measure; the registry carries it out. docs/flows/order-measure.md */
export async function orderMeasure(
  trx: Trx,
  caseId: string,
  order: MeasureOrder,
  findAgreement: (id: string) => AgreementEntry | undefined,
  { by, now, traceparent }: Act,
): Promise<StoredMeasure> {
  const subject = await lockCase(trx, caseId)
  if (!subject) throw new CaseNotFoundError(caseId)
  const next = orderMeasureIn(subject, order.kind, now)
  const agreement = order.agreementId === undefined ? undefined : findAgreement(order.agreementId)
  checkOrder(order, subject.department, agreement)
  const measure: Measure = { id: newId(), caseId, departmentId: subject.department, by, ...order }
  const stored = { ...measure, orderedAt: now }
  await insertMeasure(trx, stored)
  await saveCase(trx, next)
  await recordStep(trx, caseId, {
    ...{ action: 'measure-ordered', state: next.state, at: now, by, reason: order.reason },
    detail: { measure: measure.id, kind: order.kind },
  })
  await recordAudit(trx, {
    ...{ at: now, by, action: 'measure.ordered', subject: measure.id, detail: measure },
  })
  await appendToOutbox(trx, measureOrderedMessage(measure, now, traceparent))
  return stored
}
