import { crc32 } from 'node:zlib'

import type { LicenseStatus, StatusInterval } from '@lexchange/license'

/** The status history of one license, as far as a number's entry keeps it. */
export type LicenseIntervals = { licenseId: string; intervals: readonly StatusInterval[] }

/** A projection entry whose bytes are not what was written. */
export class EntryUnreadableError extends Error {
  override readonly name = 'EntryUnreadableError'
}

// Layout, little-endian: crc32 of the rest | format u8 | licenses u16 | per license: id 16 bytes,
// versions u16, per version: version u32, status u8, effectiveAt, validFrom, validUntil f64 (NaN: none).
const FORMAT = 1
const HEADER = 7
const LICENSE = 18
const VERSION = 29
const STATUSES: readonly LicenseStatus[] = ['active', 'suspended', 'revoked', 'cancelled']

export function encodeStatus(licenses: readonly LicenseIntervals[]): Buffer {
  const versions = licenses.reduce((sum, { intervals }) => sum + intervals.length, 0)
  const bytes = Buffer.alloc(HEADER + LICENSE * licenses.length + VERSION * versions)
  bytes.writeUInt8(FORMAT, 4)
  bytes.writeUInt16LE(licenses.length, 5)
  let offset = HEADER
  for (const { licenseId, intervals } of licenses) {
    bytes.set(idBytes(licenseId), offset)
    bytes.writeUInt16LE(intervals.length, offset + 16)
    offset += LICENSE
    for (const interval of intervals) {
      bytes.writeUInt32LE(interval.version, offset)
      bytes.writeUInt8(STATUSES.indexOf(interval.status), offset + 4)
      bytes.writeDoubleLE(interval.effectiveAt, offset + 5)
      bytes.writeDoubleLE(interval.validFrom, offset + 13)
      bytes.writeDoubleLE(interval.validUntil ?? Number.NaN, offset + 21)
      offset += VERSION
    }
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0)
  return bytes
}

/** @throws EntryUnreadableError where the checksum does not hold. */
export function decodeStatus(bytes: Buffer): LicenseIntervals[] {
  if (bytes.length < HEADER || bytes.readUInt32LE(0) !== crc32(bytes.subarray(4)))
    throw new EntryUnreadableError('The checksum of a status entry does not hold')
  const view = viewOf(bytes)
  const licenses: LicenseIntervals[] = []
  let offset = HEADER
  for (let count = view.getUint16(5, true); count > 0; count--) {
    const intervals: StatusInterval[] = []
    const licenseId = idText(bytes.subarray(offset, offset + 16))
    const versions = view.getUint16(offset + 16, true)
    offset += LICENSE
    for (let index = 0; index < versions; index++, offset += VERSION)
      intervals.push(intervalAt(view, offset))
    licenses.push({ licenseId, intervals })
  }
  return licenses
}

/**
 * The interval that answers for a number at T, straight from the bytes: of the licenses that had begun
 * by then the one that began last (ties: the greater id, which stands later), of its versions the one
 * that `versionAt` of @lexchange/license gives. This is the hot path: nothing else is decoded.
 */
export function findInterval(
  bytes: Buffer,
  length: number,
  at: number,
): StatusInterval | undefined {
  const view = viewOf(bytes)
  if (length < HEADER || view.getUint8(4) !== FORMAT)
    throw new EntryUnreadableError('A status entry has no known format')
  let found = 0
  let foundBegan = Number.NEGATIVE_INFINITY
  let start = HEADER
  for (let count = view.getUint16(5, true); count > 0; count--) {
    const end = start + LICENSE + VERSION * view.getUint16(start + 16, true)
    if (end > length) throw new EntryUnreadableError('A status entry is cut off')
    const best = offsetAt(view, start + LICENSE, end, at)
    const began = best === 0 ? Number.NaN : beginning(view, start + LICENSE, end)
    if (began >= foundBegan) {
      found = best
      foundBegan = began
    }
    start = end
  }
  return found === 0 ? undefined : intervalAt(view, found)
}

/** Where the version that holds at T stands; 0 where there is none. */
function offsetAt(view: DataView, start: number, end: number, at: number): number {
  let best = 0
  let bestAt = Number.NEGATIVE_INFINITY
  // Versions stand in ascending order, so `>=` lets the higher one win a tie.
  for (let offset = start; offset < end; offset += VERSION) {
    const effectiveAt = view.getFloat64(offset + 5, true)
    if (effectiveAt > at || effectiveAt < bestAt) continue
    best = offset
    bestAt = effectiveAt
  }
  return best
}

function beginning(view: DataView, start: number, end: number): number {
  let began = Number.POSITIVE_INFINITY
  for (let offset = start; offset < end; offset += VERSION)
    began = Math.min(began, view.getFloat64(offset + 5, true))
  return began
}

function intervalAt(view: DataView, offset: number): StatusInterval {
  const validUntil = view.getFloat64(offset + 21, true)
  const status = STATUSES[view.getUint8(offset + 4)]
  if (status === undefined) throw new EntryUnreadableError('A status entry has no known status')
  return {
    version: view.getUint32(offset, true),
    status,
    effectiveAt: view.getFloat64(offset + 5, true),
    validFrom: view.getFloat64(offset + 13, true),
    validUntil: Number.isNaN(validUntil) ? null : validUntil,
  }
}

let lastView: DataView = new DataView(new ArrayBuffer(0))

/** LMDB reads into one buffer again and again, so its view is kept. */
function viewOf(bytes: Buffer): DataView {
  if (lastView.buffer !== bytes.buffer || lastView.byteOffset !== bytes.byteOffset)
    lastView = new DataView(bytes.buffer, bytes.byteOffset)
  return lastView
}

export function idBytes(licenseId: string): Buffer {
  return Buffer.from(licenseId.replaceAll('-', ''), 'hex')
}

export function idText(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
