import { type StatusInterval, versionAt } from '@lexchange/license'

import { createDecodeCache } from './decode-cache.ts'
import { decodeRecord, type LicenseRecord, type RecordVersion } from './license-record.ts'
import { licenseKey, type ProjectionStore, statusKey } from './projection-store.ts'
import { decodeStatus, findInterval, idBytes, type LicenseIntervals } from './status-record.ts'

const KEPT = 2_000
const decodeStatusOnce = createDecodeCache(decodeStatus, KEPT)
const decodeRecordOnce = createDecodeCache(decodeRecord, KEPT)

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
  const statusAt = statusKey(type, number)
  const bytes = readBytes(store.statuses, statusAt)
  if (!bytes) return undefined
  const begun = ({ intervals }: LicenseIntervals) => versionAt(intervals, at) !== undefined
  const found = decodeStatusOnce(statusAt, bytes).findLast(begun)
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
  const bytes = readBytes(store.licenses, key)
  if (!bytes) return undefined
  const license = decodeRecordOnce(key, bytes)
  const version = versionAt(license.versions, at)
  return version && { license, version }
}

/** What is stored, in a buffer that the next read overwrites. */
function readBytes(database: ProjectionStore['licenses'], key: Buffer): Buffer | undefined {
  const bytes = database.getBinaryFast(key)
  // Its length is set by lmdb, and not that of the memory behind it.
  return bytes?.subarray(0, bytes.length)
}
