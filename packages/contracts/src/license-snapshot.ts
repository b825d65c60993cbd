import { type Static, Type } from 'typebox'
import { LicenseData, StoredStatus, Time } from './license-data.ts'
import { LICENSE_EVENTS } from './license-events.ts'

const { licenseId, identifier, type, number, holder, authority, region, issuedAt } =
  LicenseData.properties

export const LicenseSnapshotVersion = Type.Object({
  version: Type.Integer({ minimum: 1 }),
  event: Type.Enum(LICENSE_EVENTS),
  status: StoredStatus,
  validFrom: Time,
  validUntil: Type.Union([Time, Type.Null()]),
  effectiveAt: Time,
  claims: Type.Record(Type.String(), Type.Unknown()),
  sealed: LicenseData.properties.sealed,
})

/**
 * One line of `GET /v1/snapshots/licenses` (NDJSON): one license with all its versions, oldest
 * first, public fields only. Lines are sorted by type, number and id in byte order (C collation), so
 * that a projection can load them in key order and a checker can merge three of them.
 */
export const LicenseSnapshot = Type.Object({
  licenseId,
  identifier,
  type,
  number,
  holder,
  authority,
  region,
  issuedAt,
  versions: Type.Array(LicenseSnapshotVersion, { minItems: 1 }),
})

export type LicenseSnapshotVersion = Static<typeof LicenseSnapshotVersion>
export type LicenseSnapshot = Static<typeof LicenseSnapshot>
