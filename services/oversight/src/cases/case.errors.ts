import { DomainError } from '@lexchange/problems'

/** 404: no case has this id. */
export class CaseNotFoundError extends DomainError {
  readonly code = 'case-not-found'
  readonly kind = 'not-found'

  constructor(id: string) {
    super(`There is no case ${id}`)
  }
}

/** 409: the state of the case does not allow it. */
export class CaseStateConflictError extends DomainError {
  readonly code = 'case-state-conflict'
  readonly kind = 'conflict'

  constructor(id: string, state: string, what: string) {
    super(`Case ${id} is ${state} and cannot ${what}`, { members: { currentState: state } })
  }
}

/** 422: a case is about one department. */
export class CaseFindingsInvalidError extends DomainError {
  readonly code = 'case-findings-invalid'
  readonly kind = 'rule-violated'

  constructor(place: number, detail: string) {
    super(`The findings make no case: ${detail}`, {
      errors: [{ pointer: `/findings/${place}`, detail }],
    })
  }
}

/** 409: each finding is looked into once. */
export class FindingInCaseError extends DomainError {
  readonly code = 'finding-in-case'
  readonly kind = 'conflict'

  constructor(finding: string, id: string) {
    super(`Finding ${finding} belongs to case ${id}`, { members: { caseId: id } })
  }
}
