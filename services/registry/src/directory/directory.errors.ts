import { DomainError } from '@lexchange/problems'

/** 404: the directory has no such entry, or not for this client. */
export class DirectoryEntryNotFoundError extends DomainError {
  readonly code = 'directory-entry-not-found'
  readonly kind = 'not-found'

  constructor(kind: string, id: string) {
    super(`There is no ${kind} ${id}`)
  }
}

/** 409: the id is taken. */
export class DirectoryEntryExistsError extends DomainError {
  readonly code = 'directory-entry-exists'
  readonly kind = 'conflict'

  constructor(kind: string, id: string) {
    super(`There is a ${kind} ${id} already`)
  }
}

/** 422: a rule of the directory is violated. */
export class DirectoryEntryInvalidError extends DomainError {
  readonly code = 'directory-entry-invalid'
  readonly kind = 'rule-violated'

  constructor(pointer: string, detail: string) {
    super(`The entry is not valid: ${pointer} ${detail}`, { errors: [{ pointer, detail }] })
  }
}

/** Keys that somebody announced who may not: the event is parked. */
export class AuthorityKeysRefusedError extends DomainError {
  readonly code = 'authority-keys-refused'
  readonly kind = 'forbidden'

  constructor(id: string) {
    super(`Keys for the authority ${id} were announced by someone who may not`)
  }
}

/** 409: an authority of this exchange announces its keys itself. */
export class AuthorityNotForeignError extends DomainError {
  readonly code = 'authority-not-foreign'
  readonly kind = 'conflict'

  constructor(id: string) {
    super(`The authority ${id} issues in this exchange, and announces new keys itself`)
  }
}
