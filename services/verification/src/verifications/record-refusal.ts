import type { AccessDraft } from '@lexchange/access-records'
import { DomainError } from '@lexchange/problems'
import { validate as isUuid } from 'uuid'

import type { LicenseAt } from '../projection/index.ts'
import { type Refused, refusedDraft } from './access-draft.ts'
import { findLicense } from './find-license.ts'
import type { VerificationDeps } from './verification-deps.ts'

/** The record of a request that is answered with a problem. */
export function draftOfRefusal(
  { projection }: Pick<VerificationDeps, 'projection'>,
  refused: Omit<Refused, 'code'>,
  request: unknown,
  error: unknown,
): AccessDraft {
  const code = error instanceof DomainError ? error.code : 'internal-error'
  const agreement = error instanceof DomainError ? error.members?.agreement : undefined
  const known = findKnown(projection, request, refused.now)
  return refusedDraft({ ...refused, code }, request, known, agreement)
}

/** The license that was asked about, so that its holder sees the attempt. */
function findKnown(
  projection: VerificationDeps['projection'],
  request: unknown,
  now: number,
): LicenseAt | undefined {
  const { type, number, id } = ((request as { license?: unknown } | null)?.license ?? {}) as Record<
    string,
    unknown
  >
  try {
    if (typeof id === 'string' && isUuid(id)) return findLicense(projection, { id }, now)
    if (typeof type === 'string' && typeof number === 'string')
      return findLicense(projection, { type, number }, now)
  } catch {
    // It is the projection that cannot be read; the attempt is recorded all the same.
  }
  return undefined
}
