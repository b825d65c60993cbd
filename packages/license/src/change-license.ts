import { isDeepStrictEqual } from 'node:util'

import {
  EffectiveAtBeforeLastChangeError,
  EffectiveAtInFutureError,
  NothingToAmendError,
  StatusConflictError,
  ValidityInvalidError,
} from './license.errors.ts'
import {
  type Claims,
  intervalOf,
  type LicenseState,
  type LicenseStatus,
  type LicenseVersion,
  statusOf,
} from './license.ts'
import { type LicenseType, requireClaims } from './license-types/index.ts'
import { mergePatch } from './merge-patch.ts'
import { requireValidity } from './validity.ts'

/** `effectiveAt` is when the change holds from; without it, now. */
export type ChangeTime = { now: Date; effectiveAt?: Date | undefined }

/** `claims` is an RFC 7396 merge patch; `rebound`: the holder's key changes too, which is not a claim. */
export type Amendment = {
  claims?: Claims | undefined
  holderName?: string | undefined
  rebound?: boolean | undefined
}

type Move = 'amend' | 'renew' | 'suspend' | 'reinstate' | 'revoke' | 'cancel'

const ALLOWED: Record<Move, readonly LicenseStatus[]> = {
  amend: ['active'],
  renew: ['active'],
  suspend: ['active'],
  reinstate: ['suspended'],
  revoke: ['active', 'suspended'],
  cancel: ['active', 'suspended'],
}

/** The version after `current`, still unchanged; throws when the move or its time is not allowed. */
function nextVersion(current: LicenseState, move: Move, time: ChangeTime): LicenseState {
  const last = current.effectiveAt.getTime()
  const now = time.now.getTime()
  // A clock that was set back a little must not refuse a command that names no time of its own.
  const asOf = Math.max(now, last)
  const derived = statusOf(intervalOf(current), asOf)
  const judged = derived === 'not-yet-valid' ? current.status : derived
  if (judged === 'expired' || !ALLOWED[move].includes(judged)) {
    throw new StatusConflictError(derived, move)
  }
  const effectiveAt = time.effectiveAt === undefined ? asOf : time.effectiveAt.getTime()
  if (time.effectiveAt !== undefined && !(effectiveAt <= now)) throw new EffectiveAtInFutureError()
  if (effectiveAt < last) throw new EffectiveAtBeforeLastChangeError(current.effectiveAt)
  return { ...current, version: current.version + 1, effectiveAt: new Date(effectiveAt) }
}

/**
 * Amends the claims, the holder's name or both, while active. Throws `claims-invalid` when the merged
 * claims do not fit the type, `nothing-to-amend` when all stays the same, and what every change throws:
 * `status-conflict`, `effective-at-in-future`, `effective-at-before-last-change`.
 */
export function amend(
  licenseType: LicenseType,
  current: LicenseState,
  amendment: Amendment,
  time: ChangeTime,
): LicenseVersion {
  const next = nextVersion(current, 'amend', time)
  const claims = mergePatch(current.claims, amendment.claims ?? {}) as Claims
  const holder = { ...current.holder, name: amendment.holderName ?? current.holder.name }
  requireClaims(licenseType, claims)
  const same = isDeepStrictEqual([claims, holder], [current.claims, current.holder])
  if (same && !amendment.rebound) {
    throw new NothingToAmendError()
  }
  return { ...next, event: 'amended', claims, holder }
}

/**
 * Moves the end of validity, while active. Throws `validity-invalid` unless the new end (null: none)
 * lies after the present end, and with it after now; and what every change throws.
 */
export function renew(
  current: LicenseState,
  validUntil: Date | null,
  time: ChangeTime,
): LicenseVersion {
  const next = nextVersion(current, 'renew', time)
  const pointer = '/validUntil'
  if (current.validUntil === null) {
    throw new ValidityInvalidError(pointer, 'the license has no end that could be moved')
  }
  requireValidity(current.validFrom, validUntil)
  if (validUntil !== null && validUntil <= current.validUntil) {
    throw new ValidityInvalidError(pointer, 'must lie after the present end')
  }
  return { ...next, event: 'renewed', validUntil }
}

/** Suspends an active license. Throws what every change throws. */
export function suspend(current: LicenseState, time: ChangeTime): LicenseVersion {
  return { ...nextVersion(current, 'suspend', time), event: 'suspended', status: 'suspended' }
}

/** Makes a suspended license active again. Throws what every change throws. */
export function reinstate(current: LicenseState, time: ChangeTime): LicenseVersion {
  return { ...nextVersion(current, 'reinstate', time), event: 'reinstated', status: 'active' }
}

/** Ends an active or suspended license for cause, for good. Throws what every change throws. */
export function revoke(current: LicenseState, time: ChangeTime): LicenseVersion {
  return { ...nextVersion(current, 'revoke', time), event: 'revoked', status: 'revoked' }
}

/** Ends an active or suspended license on its holder's request. Throws what every change throws. */
export function cancel(current: LicenseState, time: ChangeTime): LicenseVersion {
  return { ...nextVersion(current, 'cancel', time), event: 'cancelled', status: 'cancelled' }
}
