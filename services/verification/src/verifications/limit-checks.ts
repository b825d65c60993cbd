import type { AgreementEntry } from '@lexchange/contracts'

import {
  type Claim,
  isLimited,
  QuotaExceededError,
  type Refusal,
  ThrottledError,
} from '../limits/index.ts'
import type { Admitted, Asker } from './admit-request.ts'
import type { VerificationDeps } from './verification-deps.ts'

type Counted = {
  client: Asker
  agreement?: AgreementEntry | undefined
  holder?: string | undefined
}

/** What limits a check; undefined where nothing does, which is nearly always. */
function claimOf(
  { directory }: Pick<VerificationDeps, 'directory'>,
  { client: { departmentId = '' }, agreement, holder }: Counted,
): Claim | undefined {
  const throttle = directory.throttleOf(departmentId)
  const quota = agreement?.quota
  if (!isLimited(throttle, quota)) return undefined
  return {
    department: departmentId,
    ...(throttle !== undefined && { throttle }),
    ...(agreement && { agreement: agreement.id, quota: agreement.quota }),
    ...(holder !== undefined && { holder }),
  }
}

/** Who holds the license of a check: an enterprise, or of a person's the license itself. */
export function holderOf({ found, presented }: Pick<Admitted, 'found' | 'presented'>) {
  const license = (found ?? presented?.found)?.license
  return license?.holder.kind === 'enterprise' ? license.holder.uscc : license?.licenseId
}

/**
 * Asks once for all of a request's checks.
 * @returns the error of each that is refused; undefined where nothing limits any.
 */
export function limitChecks(
  deps: Pick<VerificationDeps, 'directory' | 'limits'>,
  checks: readonly Counted[],
): Promise<(Error | undefined)[]> | undefined {
  const claims = checks.map((check) => claimOf(deps, check))
  const limited = claims.filter((claim) => claim !== undefined)
  if (limited.length === 0) return undefined
  return deps.limits.take(limited).then((refusals) => {
    let next = 0
    return claims.map((claim) => claim && errorOf(claim, refusals[next++] ?? null))
  })
}

function errorOf(claim: Claim, refusal: Refusal | null): Error | undefined {
  if (!refusal) return undefined
  const { limit, retryAfter } = refusal
  return limit === 'throttle'
    ? new ThrottledError(claim.department, claim.throttle ?? 0, retryAfter)
    : new QuotaExceededError(claim.agreement ?? '', limit, retryAfter)
}
