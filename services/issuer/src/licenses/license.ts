import type { PublicHolder, SealedFields } from '@lexchange/contracts'
import type { EcPublicJwk } from '@lexchange/credentials'
import {
  findLicenseType,
  type Holder,
  type LicenseState,
  licenseIdentifier,
  statusOf,
} from '@lexchange/license'
import type { Static } from 'typebox'

import type { DataKey } from '../sealing/index.ts'
import type { StatusEntry } from '../status-lists/index.ts'

/** A license as its authority keeps it: what never changes, and the current state. */
export type License = {
  id: string
  serial: string
  type: string
  number: string
  authority: { id: string; name: string; uscc: string }
  region: string
  legacyUscc: boolean
  /** Where its status is published; null of one from before there were credentials. */
  statusEntry: StatusEntry | null
  /** What its holder proves with that it is the holder; null where it brought no key. */
  holderKey: EcPublicJwk | null
  issuedAt: Date
  updatedAt: Date
  /** Of its last event. */
  sequence: number
  expiredAt: Date | null
  /** What its personal and secret claims are sealed with; null where nothing is sealed. */
  dataKey: DataKey | null
  /** When they were erased, for good. */
  claimsErasedAt: Date | null
  state: LicenseState
}

/** As it is stored: of what is personal or secret, `state` has nothing, and `sealed` all. */
export type StoredLicense = Omit<License, 'dataKey'> & {
  sealed: SealedFields | null
  /** The wrapped data key. */
  wrappedKey: string | null
}

/** One that is opened, or not: for what needs public claims only. */
export type AnyLicense = Omit<License, 'dataKey'>

declare const checked: unique symbol

/** A license, or a next version of one, that all rules were asked about: only such a one is signed. */
export type CheckedLicense = License & { readonly [checked]: true }

/** Says that the rules were asked. Only what decides on a license may call it. */
export function asChecked(license: License): CheckedLicense {
  return license as CheckedLicense
}

export function identifierOf({ type, serial, authority, state }: AnyLicense): string {
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
export function licenseView(license: AnyLicense, now: Date) {
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

export function etagOf({ state }: AnyLicense): string {
  return `"${state.version}"`
}
