import type { AgreementEntry, DepartmentEntry, Measure } from '@lexchange/contracts'

import { MeasureInvalidError } from './measure.errors.ts'

export type MeasureOrder = Pick<Measure, 'kind' | 'perMinute' | 'agreementId' | 'reason'>

/** What of the directory a measure is about. */
export type Affected = {
  department: DepartmentEntry | undefined
  agreement: AgreementEntry | undefined
}

/** @throws MeasureInvalidError */
export function checkOrder(
  { kind, perMinute, agreementId }: MeasureOrder,
  departmentId: string,
  agreement: AgreementEntry | undefined,
): void {
  if ((kind === 'throttle') !== (perMinute !== undefined))
    throw new MeasureInvalidError('/perMinute', 'belongs to `throttle`, which needs it')
  if ((kind === 'end-agreement') !== (agreementId !== undefined))
    throw new MeasureInvalidError('/agreementId', 'belongs to `end-agreement`, which needs it')
  if (agreementId !== undefined && agreement?.departmentId !== departmentId)
    throw new MeasureInvalidError('/agreementId', 'is no agreement of this department')
}

/** Whether the directory shows what was ordered; it may also have been lifted since. */
export function isInForce(order: MeasureOrder, { department, agreement }: Affected): boolean {
  switch (order.kind) {
    case 'warn':
      return true
    case 'throttle':
      return department?.throttle?.perMinute === order.perMinute
    case 'suspend':
      return department?.state === 'suspended'
    case 'end-agreement':
      return agreement?.state === 'ended'
  }
}
