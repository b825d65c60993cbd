/** What is stored of a license; only its authority changes it. */
export type LicenseStatus = 'active' | 'suspended' | 'revoked' | 'cancelled'

/** What is answered: time alone makes `not-yet-valid` and `expired`, and `unknown` was never issued. */
export type DerivedStatus = LicenseStatus | 'not-yet-valid' | 'expired' | 'unknown'

export type Verdict = 'valid' | 'invalid' | 'unknown'

export type LicenseEventName =
  | 'issued'
  | 'amended'
  | 'renewed'
  | 'suspended'
  | 'reinstated'
  | 'revoked'
  | 'cancelled'
  | 'expired'

export type EnterpriseHolder = { kind: 'enterprise'; uscc: string; name: string }
export type PersonHolder = { kind: 'person'; idNumber: string; name: string }
export type Holder = EnterpriseHolder | PersonHolder

export type Claims = Record<string, unknown>

/** What a license is from `effectiveAt` until its next version. */
export type LicenseState = {
  /** From 1, without gaps. */
  version: number
  status: LicenseStatus
  validFrom: Date
  /** Null: no end. From this moment on the license is expired. */
  validUntil: Date | null
  effectiveAt: Date
  holder: Holder
  claims: Claims
}

/** One version, with the change that made it. */
export type LicenseVersion = LicenseState & { event: LicenseEventName }

/**
 * The least that answers 'what was its status at T'. Times are epoch milliseconds, not Dates:
 * verification keeps them so and compares without allocating.
 */
export type StatusInterval = {
  version: number
  status: LicenseStatus
  effectiveAt: number
  validFrom: number
  validUntil: number | null
}

/** The interval of a version whose times are Dates. */
export function intervalOf(
  state: Pick<LicenseState, 'version' | 'status' | 'effectiveAt' | 'validFrom' | 'validUntil'>,
): StatusInterval {
  return {
    version: state.version,
    status: state.status,
    effectiveAt: state.effectiveAt.getTime(),
    validFrom: state.validFrom.getTime(),
    validUntil: state.validUntil === null ? null : state.validUntil.getTime(),
  }
}

/**
 * The version that holds at T (epoch milliseconds): the latest `effectiveAt` not after T, of equal
 * ones the highest version. Undefined before the first. The versions may come in any order.
 */
export function versionAt<Version extends Pick<StatusInterval, 'version' | 'effectiveAt'>>(
  versions: readonly Version[],
  at: number,
): Version | undefined {
  let found: Version | undefined
  for (const candidate of versions) {
    if (candidate.effectiveAt > at) continue
    if (
      found === undefined ||
      candidate.effectiveAt > found.effectiveAt ||
      (candidate.effectiveAt === found.effectiveAt && candidate.version > found.version)
    ) {
      found = candidate
    }
  }
  return found
}

/**
 * The status at T (epoch milliseconds) that one version alone gives; of several use `statusAt`.
 * `revoked` and `cancelled` outlast the end of validity.
 */
export function statusOf(
  version: Omit<StatusInterval, 'version' | 'effectiveAt'>,
  at: number,
): Exclude<DerivedStatus, 'unknown'> {
  const { status, validFrom, validUntil } = version
  if (status === 'revoked' || status === 'cancelled') return status
  if (validUntil !== null && at >= validUntil) return 'expired'
  return at < validFrom ? 'not-yet-valid' : status
}

/** The status at T (epoch milliseconds); `unknown` before the first version and for no versions. */
export function statusAt(versions: readonly StatusInterval[], at: number): DerivedStatus {
  const version = versionAt(versions, at)
  return version === undefined ? 'unknown' : statusOf(version, at)
}

/** Only `active` is valid; `unknown` stays unknown; everything else is invalid. */
export function verdictOf(status: DerivedStatus): Verdict {
  if (status === 'active') return 'valid'
  return status === 'unknown' ? 'unknown' : 'invalid'
}
