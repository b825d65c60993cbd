import { Measure, Slug, Time } from '@lexchange/contracts'
import { Type } from 'typebox'

const { kind, perMinute, agreementId, reason } = Measure.properties

export const NewMeasure = Type.Object(
  { kind, perMinute, agreementId, reason },
  {
    additionalProperties: false,
    examples: [{ kind: 'throttle', perMinute: 10, reason: 'Until the case is decided' }],
  },
)

export const MeasureAnswer = Type.Object({
  id: Type.String({ format: 'uuid' }),
  caseId: Type.String({ format: 'uuid' }),
  kind,
  department: Slug,
  perMinute,
  agreementId,
  reason,
  by: Type.String(),
  orderedAt: Time,
  inForce: Type.Boolean({ description: 'As the directory says now; a warning always is' }),
})

export const EXAMPLE_MEASURE = {
  id: '019ab3f2-7c00-7000-8000-000000000701',
  caseId: '019ab3f2-7c00-7000-8000-000000000601',
  kind: 'throttle' as const,
  department: 'tax',
  perMinute: 10,
  reason: 'Until the case is decided',
  by: 'administrator-1',
  orderedAt: '2026-11-24T02:00:00.000Z',
  inForce: true,
}
