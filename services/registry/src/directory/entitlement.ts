import { isDeepStrictEqual } from 'node:util'

import type { EntryData } from './entry.ts'

type Authority = EntryData['authority']

/**
 * The authority with what it has been entitled to, span by span: a credential is judged by what its
 * issuer was entitled to when it signed, not by what it is today.
 */
export function withEntitlements(authority: Authority, before: Authority | undefined, now: Date) {
  const known = before?.entitlements ?? []
  const { licenseTypes, region, state } = authority
  const { from: _from, to: end, ...last } = known.at(-1) ?? { to: '' }
  const open = end === null && isDeepStrictEqual(last, { licenseTypes, region })
  if (state === 'active' && open) return { ...authority, entitlements: known }
  const at = now.toISOString()
  const ended = known.map(({ to, ...span }) => ({ ...span, to: to ?? at }))
  const begun = state === 'active' ? [{ from: at, to: null, licenseTypes, region }] : []
  return { ...authority, entitlements: [...ended, ...begun] }
}
