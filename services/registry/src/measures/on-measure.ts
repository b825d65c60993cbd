import { measureOrdered, measureSubject } from '@lexchange/contracts'
import { defineEventHandler } from '@lexchange/events'

import type { AgreementTables } from '../agreements/index.ts'
import { applyMeasure } from './apply-measure.ts'
import { MeasureRefusedError } from './measure.errors.ts'

/** docs/flows/apply-measure.md */
export const onMeasure = defineEventHandler<AgreementTables, typeof measureOrdered>({
  event: measureOrdered,
  async handle(trx, { time, data, traceparent }, { subject }) {
    if (subject !== measureSubject(data.departmentId))
      throw new MeasureRefusedError(data.id, `was published on ${subject}`)
    await applyMeasure(trx, data, { by: data.by, now: new Date(time), traceparent })
  },
})
