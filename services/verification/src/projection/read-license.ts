import { type StatusInterval, versionAt } from '@lexchange/license'

import { decodeRecord, type LicenseRecord, type RecordVersion } from './license-record.ts'
import { licenseKey, type ProjectionStore, statusKey } from './projection-store.ts'
import { decodeStatus, findInterval, idBytes, type LicenseIntervals } from './status-record.ts'

/** A license as it was at one time. */
export type LicenseAt = { license: LicenseRecord; version: RecordVersion }

/** What answers for a number at T, by the one small read of the hot path. */
export function readStatus(
  store: ProjectionStore,
  type: string,
  number: string,
  at: number,
): StatusInterval | undefined {
  const bytes = store.statuses.getBinaryFast(statusKey(type, number))
  return bytes && findInterval(bytes, bytes.length, at)
}

/** The license that answers for a number at T: of those that had begun, the one that began last. */
export function readLicense(
  store: ProjectionStore,
  type: string,
  number: string,
  at: number,
): LicenseAt | undefined {
  const bytes = store.statuses.get(statusKey(type, number))
  if (!bytes) return undefined
  const begun = ({ intervals }: LicenseIntervals) => versionAt(intervals, at) !== undefined
  const found = decodeStatus(bytes).findLast(begun)
  return found && readRecord(store, licenseKey(type, number, found.licenseId), at)
}

export function readLicenseById(
  store: ProjectionStore,
  licenseId: string,
  at: number,
): LicenseAt | undefined {
  const key = store.ids.get(idBytes(licenseId))
  return key && readRecord(store, key, at)
}

function readRecord(store: ProjectionStore, key: Buffer, at: number): LicenseAt | undefined {
  const bytes = store.licenses.get(key)
  if (!bytes) return undefined
  const license = decodeRecord(bytes)
  const version = versionAt(license.versions, at)
  return version && { license, version }
}
