import { DomainError, type InputError } from '@lexchange/problems'

import type { DerivedStatus } from './license.ts'
import type { UsccFault } from './uscc.ts'

/** 409: the status machine forbids the move; `members.currentStatus` says from where. */
export class StatusConflictError extends DomainError {
  readonly code = 'status-conflict'
  readonly kind = 'conflict'

  constructor(currentStatus: DerivedStatus, move: string) {
    super(`The license is ${currentStatus}: ${move} is not possible`, {
      members: { currentStatus },
    })
  }
}

/** 422: a change cannot be announced before it holds. */
export class EffectiveAtInFutureError extends DomainError {
  readonly code = 'effective-at-in-future'
  readonly kind = 'rule-violated'

  constructor(pointer = '/effectiveAt') {
    super('A change cannot take effect in the future', {
      errors: [{ pointer, detail: 'must not lie in the future' }],
    })
  }
}

/** 422: changes take effect in the order of their versions. */
export class EffectiveAtBeforeLastChangeError extends DomainError {
  readonly code = 'effective-at-before-last-change'
  readonly kind = 'rule-violated'

  constructor(lastChange: Date) {
    super('A change cannot take effect before the change that precedes it', {
      errors: [
        { pointer: '/effectiveAt', detail: `must not lie before ${lastChange.toISOString()}` },
      ],
    })
  }
}

/** 422: the period of validity is empty or impossible, or a renewal does not lengthen it. */
export class ValidityInvalidError extends DomainError {
  readonly code = 'validity-invalid'
  readonly kind = 'rule-violated'

  constructor(pointer: string, detail: string) {
    super('The period of validity is not possible', { errors: [{ pointer, detail }] })
  }
}

/** 422: the claims do not fit the schema of the license type. */
export class ClaimsInvalidError extends DomainError {
  readonly code = 'claims-invalid'
  readonly kind = 'rule-violated'

  constructor(errors: readonly InputError[]) {
    super('The claims do not fit the license type', { errors })
  }
}

/** 422: the amendment leaves the license as it is. */
export class NothingToAmendError extends DomainError {
  readonly code = 'nothing-to-amend'
  readonly kind = 'rule-violated'

  constructor() {
    super('The amendment changes nothing')
  }
}

const USCC_DETAIL: Record<UsccFault, string> = {
  length: 'must have 18 characters',
  alphabet: 'has a character that a unified social credit code cannot have there',
  'check-character': 'has a check character that does not match (GB 32100)',
  'organisation-code': 'has an organisation code whose check character does not match (GB 11714)',
}

/** 422: no unified social credit code. */
export class UsccInvalidError extends DomainError {
  readonly code = 'uscc-invalid'
  readonly kind = 'rule-violated'

  constructor(reason: UsccFault, pointer = '/holder/uscc') {
    super('The unified social credit code is not valid', {
      errors: [{ pointer, detail: USCC_DETAIL[reason] }],
    })
  }
}

/** 422: the number of a license of this type is the USCC of its holder. */
export class LicenseNumberMismatchError extends DomainError {
  readonly code = 'license-number-mismatch'
  readonly kind = 'rule-violated'

  constructor() {
    super('The number of a license of this type is the unified social credit code of its holder', {
      errors: [{ pointer: '/number', detail: 'must be the same as /holder/uscc, or left out' }],
    })
  }
}

/** 422: a license of this type needs a number of its own, and this is none. */
export class LicenseNumberInvalidError extends DomainError {
  readonly code = 'license-number-invalid'
  readonly kind = 'rule-violated'

  constructor() {
    super('A license of this type needs a number', {
      errors: [{ pointer: '/number', detail: 'must have 1 to 64 characters without white space' }],
    })
  }
}

/** 422: a license of this type cannot belong to such a holder. */
export class HolderNotAllowedError extends DomainError {
  readonly code = 'holder-not-allowed'
  readonly kind = 'rule-violated'

  constructor(licenseType: string, allowed: readonly string[]) {
    super(`A license of type ${licenseType} cannot belong to such a holder`, {
      errors: [{ pointer: '/holder/kind', detail: `must be one of: ${allowed.join(', ')}` }],
    })
  }
}

/** 422: the catalogue has no such license type. */
export class LicenseTypeUnknownError extends DomainError {
  readonly code = 'license-type-unknown'
  readonly kind = 'rule-violated'

  constructor(pointer = '/type') {
    super('The catalogue has no such license type', {
      errors: [{ pointer, detail: 'must be the code of a license type' }],
    })
  }
}
