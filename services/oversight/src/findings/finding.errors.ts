import { DomainError } from '@lexchange/problems'

/** 404: no rule has this id. */
export class RuleNotFoundError extends DomainError {
  readonly code = 'rule-not-found'
  readonly kind = 'not-found'

  constructor(id: string) {
    super(`There is no rule ${id}`)
  }
}

/** 404: no finding has this id. */
export class FindingNotFoundError extends DomainError {
  readonly code = 'finding-not-found'
  readonly kind = 'not-found'

  constructor(id: string) {
    super(`There is no finding ${id}`)
  }
}

/** 422: the rule has no threshold of this name. */
export class ThresholdUnknownError extends DomainError {
  readonly code = 'threshold-unknown'
  readonly kind = 'rule-violated'

  constructor(departmentKind: string, name: string, known: readonly string[]) {
    super(`The rule has no threshold ${name}; it has ${known.join(', ')}`, {
      errors: [{ pointer: `/thresholds/${departmentKind}/${name}`, detail: 'is not known' }],
    })
  }
}

/** 422: so many days or records cannot be tried in one request. */
export class DryRunTooLargeError extends DomainError {
  readonly code = 'dry-run-too-large'
  readonly kind = 'rule-violated'

  constructor(detail: string) {
    super(detail)
  }
}
