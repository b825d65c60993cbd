import type { Entitlement } from '@lexchange/contracts'

import type { EntryData } from './entry.ts'

type Authority = EntryData['authority']

/**
 * The authority with what it has been entitled to, span by span: a credential is judged by what its
 * issuer was entitled to when it signed, not by what it is today.
 */
export function withEntitlements(authority: Authority, before: Authority | undefined, now: Date) {
  const known = before ? entitlementsOf(before) : []
  const last = known.at(-1)
  const active = authority.state === 'active'
  if (active && last?.to === null && saysTheSame(last, authority))
    return { ...authority, entitlements: known }
  const at = notBefore(now, last)
  const ended = known.map((span) => (span.to === null ? { ...span, to: at } : span))
  const { licenseTypes, region } = authority
  const begun = active ? [{ from: at, to: null, licenseTypes, region }] : []
  return { ...authority, entitlements: [...ended, ...begun] }
}

/** From before the directory kept spans: what holds now is taken to have held always. */
export function entitlementsOf({ entitlements, licenseTypes, region, state }: Authority) {
  if (entitlements) return entitlements
  return state === 'active' ? [{ from: EPOCH, to: null, licenseTypes, region }] : []
}

const EPOCH = '1970-01-01T00:00:00.000Z'

function saysTheSame(span: Entitlement, { licenseTypes, region }: Authority): boolean {
  return span.region === region && span.licenseTypes.join() === licenseTypes.join()
}

/** The clock of another replica may be behind, and spans must not overlap. */
function notBefore(now: Date, last: Entitlement | undefined): string {
  const earliest = Date.parse(last?.to ?? last?.from ?? EPOCH)
  return new Date(Math.max(now.getTime(), earliest)).toISOString()
}
