import type { AuthorityEntry } from '@lexchange/contracts'
import {
  type Application,
  divisionOfUscc,
  getLicenseType,
  isLegacyUscc,
  issue,
  type LicenseType,
  licenseNumber,
  regionCovers,
  requireHolder,
} from '@lexchange/license'

import { LicenseTypeNotGrantedError, RegionNotGrantedError } from './license.errors.ts'
import { asChecked, type CheckedLicense, type License } from './license.ts'

export type LicenseApplication = Application & {
  type: string
  region?: string | undefined
  holderKey?: License['holderKey'] | undefined
}

export type DraftOptions = {
  now: Date
  id: string
  serial: string
  /** Of imports: codes of the early pilot pass. */
  acceptLegacyUscc?: boolean
  /** Of imports: the organisation code within a USCC is not checked. */
  innerUscc?: boolean
}

/** @throws LicenseTypeUnknownError, LicenseTypeNotGrantedError */
export function requireGrantedType(
  { licenseTypes }: Pick<AuthorityEntry, 'licenseTypes'>,
  type: string,
): LicenseType {
  const licenseType = getLicenseType(type)
  if (!licenseTypes.includes(type)) throw new LicenseTypeNotGrantedError(type)
  return licenseType
}

/**
 * Decides on a new license. Refuses in this order: type, holder, number, region, validity, claims.
 * Whether its number is free is for the transaction to say.
 */
export function draftLicense(
  authority: AuthorityEntry,
  application: LicenseApplication,
  { now, id, serial, acceptLegacyUscc = false, innerUscc = true }: DraftOptions,
): CheckedLicense {
  const { type, holder, holderKey = null } = application
  const licenseType = requireGrantedType(authority, type)
  const leniency = { acceptLegacyUscc, inner: innerUscc }
  requireHolder(licenseType, holder, leniency)
  licenseNumber(licenseType, holder, application.number)
  const region = requireRegion(authority, application)
  const { number, first } = issue(licenseType, application, { now, ...leniency })
  const { event: _, ...state } = first
  return asChecked({
    id,
    serial,
    type,
    number,
    authority: { id: authority.id, name: authority.name, uscc: authority.uscc },
    region,
    legacyUscc: holder.kind === 'enterprise' && isLegacyUscc(holder.uscc),
    issuedAt: first.effectiveAt,
    updatedAt: now,
    sequence: 1,
    expiredAt: null,
    dataKey: null,
    claimsErasedAt: null,
    statusEntry: null,
    holderKey,
    state,
  })
}

function requireRegion(
  authority: AuthorityEntry,
  { holder, region: asked }: LicenseApplication,
): string {
  const fallback = holder.kind === 'enterprise' ? divisionOfUscc(holder.uscc) : authority.region
  const region = asked ?? fallback
  if (!regionCovers(authority.region, region))
    throw new RegionNotGrantedError(region, authority.region)
  return region
}
