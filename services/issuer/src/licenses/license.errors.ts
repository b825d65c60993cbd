import { DomainError } from '@lexchange/problems'

/** 404: no license of this authority has this id. */
export class LicenseNotFoundError extends DomainError {
  readonly code = 'license-not-found'
  readonly kind = 'not-found'

  constructor(id: string) {
    super(`This authority has issued no license ${id}`)
  }
}

/** 409: a license of this type and number is in being. */
export class LicenseExistsError extends DomainError {
  readonly code = 'license-exists'
  readonly kind = 'conflict'

  constructor(type: string, current?: { id: string; status: string }) {
    super(`A license of type ${type} with this number is in being`, {
      errors: [{ pointer: '/number', detail: 'is the number of a license that is in being' }],
      ...(current && { members: { currentStatus: current.status } }),
    })
  }
}

/** 422: the authority may not issue licenses of this type. */
export class LicenseTypeNotGrantedError extends DomainError {
  readonly code = 'license-type-not-granted'
  readonly kind = 'rule-violated'

  constructor(type: string) {
    super(`This authority may not issue licenses of type ${type}`, {
      errors: [{ pointer: '/type', detail: 'must be a type that this authority may issue' }],
    })
  }
}

/** 422: the region does not lie in the authority's. */
export class RegionNotGrantedError extends DomainError {
  readonly code = 'region-not-granted'
  readonly kind = 'rule-violated'

  constructor(region: string, granted: string) {
    super(`This authority may not issue licenses in region ${region}`, {
      errors: [{ pointer: '/region', detail: `must lie in ${granted}` }],
    })
  }
}

/** 422: the claims do not fit into a credential. */
export class CredentialTooLargeError extends DomainError {
  readonly code = 'credential-too-large'
  readonly kind = 'rule-violated'

  constructor() {
    super('The claims are too large for a credential: 64 KiB with all of them', {
      errors: [{ pointer: '/claims', detail: 'must fit into a credential of 64 KiB' }],
    })
  }
}

/** 404: there is no credential of this license yet. */
export class CredentialNotFoundError extends DomainError {
  readonly code = 'credential-not-found'
  readonly kind = 'not-found'

  constructor(id: string) {
    super(
      `The license ${id} was issued before there were credentials; its credential is being made`,
    )
  }
}

/** 503: another command on this license takes longer than it should. */
export class LicenseBusyError extends DomainError {
  readonly code = 'license-busy'
  readonly kind = 'unavailable'

  constructor(id: string) {
    super(`Another command on the license ${id} is under way`, { retryAfter: 1 })
  }
}
