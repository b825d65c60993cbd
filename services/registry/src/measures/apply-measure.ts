import { isDeepStrictEqual } from 'node:util'

import type { Measure } from '@lexchange/contracts'
import type { Transaction } from 'kysely'

import { type AgreementTables, endAgreement } from '../agreements/index.ts'
import { recordAudit } from '../audit/index.ts'
import {
  type Act,
  changeEntry,
  DirectoryEntryNotFoundError,
  type EntryData,
  findEntry,
} from '../directory/index.ts'
import { MeasureRefusedError } from './measure.errors.ts'

/** docs/flows/apply-measure.md @throws DirectoryEntryNotFoundError, MeasureRefusedError */
export async function applyMeasure(
  trx: Transaction<AgreementTables>,
  measure: Measure,
  act: Act,
): Promise<void> {
  const { id, kind, departmentId, perMinute, agreementId, reason } = measure
  const department = await findEntry(trx, 'department', departmentId)
  if (!department) throw new DirectoryEntryNotFoundError('department', departmentId)
  const change = (data: Partial<EntryData['department']>) =>
    isDeepStrictEqual({ ...department.data, ...data }, department.data)
      ? undefined
      : changeEntry(trx, 'department', departmentId, { data }, () => {}, act)

  if (kind === 'throttle') {
    if (perMinute === undefined) throw new MeasureRefusedError(id, 'names no checks a minute')
    await change({ throttle: { perMinute } })
  }
  if (kind === 'suspend') await change({ state: 'suspended' })
  if (kind === 'end-agreement') {
    if (agreementId === undefined) throw new MeasureRefusedError(id, 'names no agreement')
    await endAgreement(trx, { id: agreementId, departmentId, reason }, act)
  }
  await recordMeasure(trx, measure, act)
}

async function recordMeasure(
  trx: Transaction<AgreementTables>,
  { departmentId, by: _by, ...detail }: Measure,
  { by, now }: Act,
): Promise<void> {
  await recordAudit(trx, { at: now, action: 'measure.applied', subject: departmentId, by, detail })
}
