import { crc32 } from 'node:zlib'

import type {
  LicenseData,
  LicenseEvent,
  LicenseSnapshot,
  LicenseSnapshotVersion,
} from '@lexchange/contracts'
import type { Claims, StatusInterval } from '@lexchange/license'

import { EntryUnreadableError } from './status-record.ts'

export type RecordVersion = StatusInterval & {
  event: LicenseEvent
  claims: Claims
  /** It has personal or secret claims too, which stand in `sealed` or are still to come. */
  sealed?: true
}

/** All that is known of a license; what does not belong to a version is that of the latest one. */
export type LicenseRecord = Pick<
  LicenseSnapshot,
  'licenseId' | 'identifier' | 'type' | 'number' | 'holder' | 'authority' | 'region' | 'issuedAt'
> & {
  /** Ascending by version; a number is there once. */
  versions: readonly RecordVersion[]
}

/**
 * Adds one version. A version that is there already changes nothing and returns undefined, so that
 * duplicates have no effect; versions may come in any order.
 */
export function addVersion(
  record: LicenseRecord | undefined,
  data: LicenseData,
  event: LicenseEvent,
): LicenseRecord | undefined {
  const versions = record?.versions ?? []
  if (versions.some(({ version }) => version === data.version)) return undefined
  const added: RecordVersion = {
    version: data.version,
    event,
    status: data.status,
    effectiveAt: Date.parse(data.effectiveAt),
    validFrom: Date.parse(data.validFrom),
    validUntil: data.validUntil === null ? null : Date.parse(data.validUntil),
    claims: data.claims,
    ...(data.sealed && { sealed: true }),
  }
  const latest = versions.at(-1)
  const { licenseId, identifier, type, number, holder, authority, region, issuedAt } =
    record && latest && latest.version > data.version ? record : data
  return {
    licenseId,
    identifier,
    type,
    number,
    holder,
    authority,
    region,
    issuedAt,
    versions: [...versions, added].sort((a, b) => a.version - b.version),
  }
}

/** Marks versions as sealed; undefined where they all are, or are not there. */
export function markSealed(
  record: LicenseRecord,
  sealed: readonly number[],
): LicenseRecord | undefined {
  const lacks = ({ version, sealed: is }: RecordVersion) => !is && sealed.includes(version)
  if (!record.versions.some(lacks)) return undefined
  const versions = record.versions.map((each) => (lacks(each) ? { ...each, sealed: true } : each))
  return { ...record, versions: versions as RecordVersion[] }
}

export function fromSnapshot(line: LicenseSnapshot): LicenseRecord {
  const versions = line.versions.map((version) => ({
    ...version,
    effectiveAt: Date.parse(version.effectiveAt),
    validFrom: Date.parse(version.validFrom),
    validUntil: version.validUntil === null ? null : Date.parse(version.validUntil),
  }))
  return { ...line, versions: versions.sort((a, b) => a.version - b.version) }
}

export function toSnapshot({ versions, ...license }: LicenseRecord): LicenseSnapshot {
  return {
    ...license,
    issuedAt: new Date(license.issuedAt).toISOString(),
    versions: versions.map(
      (version): LicenseSnapshotVersion => ({
        version: version.version,
        event: version.event,
        status: version.status,
        validFrom: new Date(version.validFrom).toISOString(),
        validUntil: version.validUntil === null ? null : new Date(version.validUntil).toISOString(),
        effectiveAt: new Date(version.effectiveAt).toISOString(),
        claims: version.claims,
        ...(version.sealed && { sealed: true }),
      }),
    ),
  }
}

type Row = [
  version: number,
  event: LicenseEvent,
  status: RecordVersion['status'],
  effectiveAt: number,
  validFrom: number,
  validUntil: number | null,
  claims: number,
  /** Left out where it is not. */
  sealed?: 1,
]

/** Checksum and JSON; claims that several versions share stand there once. */
export function encodeRecord(record: LicenseRecord): Buffer {
  const claims = new Map<string, number>()
  const rows = record.versions.map((version): Row => {
    const text = JSON.stringify(version.claims)
    const index = claims.get(text) ?? claims.size
    claims.set(text, index)
    const { event, status, effectiveAt, validFrom, validUntil } = version
    const row: Row = [version.version, event, status, effectiveAt, validFrom, validUntil, index]
    if (version.sealed) row[7] = 1
    return row
  })
  const { licenseId, identifier, type, number, holder, authority, region, issuedAt } = record
  const head = [licenseId, identifier, type, number, holder, authority, region, issuedAt, rows]
  const json = Buffer.from(`[${JSON.stringify(head)},[${[...claims.keys()].join(',')}]]`)
  const bytes = Buffer.allocUnsafe(json.length + 4)
  bytes.writeUInt32LE(crc32(json), 0)
  bytes.set(json, 4)
  return bytes
}

/** @throws EntryUnreadableError where the checksum does not hold. */
export function decodeRecord(bytes: Buffer): LicenseRecord {
  const json = bytes.subarray(4)
  if (bytes.length < 4 || bytes.readUInt32LE(0) !== crc32(json))
    throw new EntryUnreadableError('The checksum of a license does not hold')
  const [head, claims] = JSON.parse(json.toString('utf8'))
  const [licenseId, identifier, type, number, holder, authority, region, issuedAt, rows] = head
  const versions = (rows as Row[]).map(
    ([
      version,
      event,
      status,
      effectiveAt,
      validFrom,
      validUntil,
      index,
      sealed,
    ]): RecordVersion => ({
      version,
      event,
      status,
      effectiveAt,
      validFrom,
      validUntil,
      claims: claims[index],
      ...(sealed === 1 && { sealed: true }),
    }),
  )
  return { licenseId, identifier, type, number, holder, authority, region, issuedAt, versions }
}
