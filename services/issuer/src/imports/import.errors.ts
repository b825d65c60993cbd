import { DomainError } from '@lexchange/problems'

/** 404: no import of this authority has this id. */
export class ImportNotFoundError extends DomainError {
  readonly code = 'import-not-found'
  readonly kind = 'not-found'

  constructor(id: string) {
    super(`This authority has begun no import ${id}`)
  }
}

/** 413: more bytes than an import may have. */
export class ImportTooLargeError extends DomainError {
  readonly code = 'import-too-large'
  readonly kind = 'too-large'

  constructor(limit: number) {
    super(`An import may have ${limit} bytes; send the rest as another one`, { members: { limit } })
  }
}

/** 422: the first line of the CSV does not name the columns of an import. */
export class ImportHeaderInvalidError extends DomainError {
  readonly code = 'import-header-invalid'
  readonly kind = 'rule-violated'

  constructor(faults: readonly string[]) {
    super('The first line of the CSV does not name the columns of an import', {
      errors: faults.map((detail) => ({ pointer: '', detail })),
    })
  }
}
