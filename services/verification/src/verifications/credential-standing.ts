import {
  checkStatus,
  type StatusListOutcome,
  type VerifiedCredential,
} from '@lexchange/credentials'
import type { StatusInterval } from '@lexchange/license'

import { type Standing, standingAt } from './verification.ts'

/** What is said of the license behind a credential; all null where nothing is known. */
export type CredentialStanding = Omit<Standing, 'verdict' | 'status'> & {
  status: Standing['status'] | null
}

const NOTHING: CredentialStanding = Object.freeze({
  status: null,
  version: null,
  validFrom: null,
  validUntil: null,
})

/** By what the projection knows of the license. */
export function standingBy(interval: StatusInterval | undefined, at: number): CredentialStanding {
  if (!interval) return NOTHING
  const { verdict: _, ...standing } = standingAt(interval, at)
  return standing
}

/** By the credential itself and the list of its issuer; a list tells revoked and cancelled not apart. */
export function standingOfForeign(
  credential: VerifiedCredential,
  list: StatusListOutcome | undefined,
  at: number,
): CredentialStanding {
  const { signed } = credential
  return {
    status: statusOf(credential, list, at),
    version: Number.isSafeInteger(signed.version) ? (signed.version as number) : null,
    validFrom: timeOf(signed.validFrom),
    validUntil: timeOf(signed.validUntil),
  }
}

/** Another exchange may write what it likes; only times are handed on as times. */
function timeOf(value: unknown): string | null {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? null : new Date(time).toISOString()
}

function statusOf(
  credential: VerifiedCredential,
  list: StatusListOutcome | undefined,
  at: number,
): CredentialStanding['status'] {
  const { result, code } = checkStatus(credential, list)
  if (result === 'not-checkable') return null
  if (code === 'status-invalid') return 'revoked'
  const seconds = at / 1000
  if (credential.expires !== undefined && seconds >= credential.expires) return 'expired'
  if (code === 'status-suspended') return 'suspended'
  if (credential.notBefore !== undefined && seconds < credential.notBefore) return 'not-yet-valid'
  return 'active'
}
