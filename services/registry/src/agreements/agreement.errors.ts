import { DomainError } from '@lexchange/problems'

/** 409: the present state of the agreement does not allow this, or the version is not the draft. */
export class AgreementConflictError extends DomainError {
  readonly code = 'agreement-conflict'
  readonly kind = 'conflict'

  constructor(id: string, why: string, currentState: string) {
    super(`Agreement ${id} ${why}`, { members: { currentState } })
  }
}

/** 403: four eyes. */
export class SecondAdministratorRequiredError extends DomainError {
  readonly code = 'second-administrator-required'
  readonly kind = 'forbidden'

  constructor(id: string, version: number) {
    super(`Version ${version} of agreement ${id} is approved by another than who drafted it`)
  }
}
