import { DomainError } from '@lexchange/problems'

/** No agreement of this department covers what it asks. */
export class NoAgreementError extends DomainError {
  readonly code = 'no-agreement'
  readonly kind = 'forbidden'

  constructor(asked: {
    departmentId?: string | undefined
    purpose?: string | undefined
    type?: string | undefined
    region?: string | undefined
  }) {
    const { departmentId, ...parts } = asked
    const words = Object.entries(parts).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name} ${value}`],
    )
    super(
      `No agreement of ${departmentId ?? 'this client'} covers ${words.join(', ') || 'this request'}`,
    )
  }
}

/** A field that the agreement grants neither to match nor to disclose, as it was asked. */
export class FieldNotGrantedError extends DomainError {
  readonly code = 'field-not-granted'
  readonly kind = 'forbidden'

  constructor(field: string, agreement: string) {
    super(`The field ${field} is not granted by the agreement ${agreement}`, {
      members: { field, agreement },
    })
  }
}
