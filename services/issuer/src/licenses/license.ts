import type { PublicHolder } from '@lexchange/contracts'
import {
  findLicenseType,
  type Holder,
  type LicenseState,
  licenseIdentifier,
  statusOf,
} from '@lexchange/license'
import type { Static } from 'typebox'

/** A license as its authority keeps it: what never changes, and the current state. */
export type License = {
  id: string
  serial: string
  type: string
  number: string
  authority: { id: string; name: string; uscc: string }
  region: string
  legacyUscc: boolean
  issuedAt: Date
  updatedAt: Date
  /** Of its last event. */
  sequence: number
  expiredAt: Date | null
  state: LicenseState
}

export function identifierOf({ type, serial, authority, state }: License): string {
  const licenseType = findLicenseType(type)
  if (!licenseType) throw new Error(`license type ${type} has left the catalogue`)
  return licenseIdentifier({
    nationalType: licenseType.nationalType,
    issuerUscc: authority.uscc,
    serial,
    version: state.version,
  })
}

/** Of a number and type, at most one license may be so. */
export function isInBeing({ status, validUntil }: LicenseState, now: Date): boolean {
  if (status !== 'active' && status !== 'suspended') return false
  return validUntil === null || validUntil > now
}

/** Of a person everybody may know that it is one, and nothing more. */
export function publicHolder(holder: Holder): Static<typeof PublicHolder> {
  return holder.kind === 'enterprise' ? { ...holder } : { kind: 'person' }
}

/** As the authority sees it: all claims, and its status at this moment. */
export function licenseView(license: License, now: Date) {
  const { id, type, number, authority, region, issuedAt, updatedAt, state } = license
  return {
    id,
    identifier: identifierOf(license),
    type,
    number,
    holder: state.holder,
    authority: { id: authority.id, name: authority.name },
    region,
    status: statusOf(
      {
        status: state.status,
        validFrom: state.validFrom.getTime(),
        validUntil: state.validUntil?.getTime() ?? null,
      },
      now.getTime(),
    ),
    version: state.version,
    validFrom: state.validFrom.toISOString(),
    validUntil: state.validUntil?.toISOString() ?? null,
    claims: state.claims,
    issuedAt: issuedAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}

export function etagOf({ state }: License): string {
  return `"${state.version}"`
}
