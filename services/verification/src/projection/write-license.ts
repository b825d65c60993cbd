import { decodeRecord, encodeRecord, type LicenseRecord } from './license-record.ts'
import { licenseKey, type ProjectionStore, statusKey } from './projection-store.ts'
import { decodeStatus, encodeStatus, idBytes, type LicenseIntervals } from './status-record.ts'

export function findRecord(store: ProjectionStore, key: Buffer): LicenseRecord | undefined {
  const bytes = store.licenses.get(key)
  return bytes && decodeRecord(bytes)
}

/** Writes a license to all tables; to be called in a transaction. */
export function writeLicense(store: ProjectionStore, record: LicenseRecord): void {
  const { type, number, licenseId, versions } = record
  const key = licenseKey(type, number, licenseId)
  store.licenses.put(key, encodeRecord(record))
  if (versions.length === 1 || !store.ids.doesExist(idBytes(licenseId)))
    store.ids.put(idBytes(licenseId), key)
  const place = statusKey(type, number)
  const present = store.statuses.get(place)
  const others = present ? decodeStatus(present).filter((each) => each.licenseId !== licenseId) : []
  const licenses = [...others, { licenseId, intervals: versions }].sort(byBeginning)
  store.statuses.put(place, encodeStatus(licenses))
}

/** Ascending, so that of several that began together the greater id stands last and wins. */
function byBeginning(a: LicenseIntervals, b: LicenseIntervals): number {
  return beginningOf(a) - beginningOf(b) || (a.licenseId < b.licenseId ? -1 : 1)
}

function beginningOf({ intervals }: LicenseIntervals): number {
  return Math.min(...intervals.map(({ effectiveAt }) => effectiveAt))
}
