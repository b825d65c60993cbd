import { DomainError } from '@lexchange/problems'

/** 404: there is no such status list. */
export class StatusListNotFoundError extends DomainError {
  readonly code = 'status-list-not-found'
  readonly kind = 'not-found'

  constructor(id: string) {
    super(`There is no status list ${id}`)
  }
}

/** 501: lists are served as they are now (Token Status List, 8.4). */
export class StatusListHistoryError extends DomainError {
  readonly code = 'status-list-history-unsupported'
  readonly kind = 'not-implemented'

  constructor() {
    super('Lists of the past are not served; ask verification for a status at an earlier time')
  }
}
