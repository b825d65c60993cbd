import { DomainError } from '@lexchange/problems'

/** 404: the department has no such credentials. */
export class NatsCredentialNotFoundError extends DomainError {
  readonly code = 'nats-credential-not-found'
  readonly kind = 'not-found'

  constructor(departmentId: string, id: string) {
    super(`The department ${departmentId} has no NATS credentials ${id}`)
  }
}

/** 409: a suspended department gets none. */
export class DepartmentSuspendedError extends DomainError {
  readonly code = 'department-suspended'
  readonly kind = 'conflict'

  constructor(id: string) {
    super(`The department ${id} is suspended`)
  }
}

/** 409: each counts until it would have expired, revoked or not. */
export class TooManyNatsCredentialsError extends DomainError {
  readonly code = 'nats-credentials-too-many'
  readonly kind = 'conflict'

  constructor(most: number, until: Date) {
    super(
      `The department has ${most} NATS credentials already that have not expired, revoked ones counted`,
      { members: { most, until: until.toISOString() } },
    )
  }
}

/** 503: NATS cannot be told whom to let in, or this registry has no keys to tell it with. */
export class NatsCredentialsUnavailableError extends DomainError {
  readonly code = 'nats-credentials-unavailable'
  readonly kind = 'unavailable'

  constructor(detail: string, cause?: unknown) {
    super(`No NATS credentials can be given out at the moment: ${detail}`, { cause, retryAfter: 2 })
  }
}
