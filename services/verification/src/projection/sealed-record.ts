import type { SealedClaims, SealedFields, SealedSnapshot } from '@lexchange/contracts'

/** What SEALED has said of one license: nothing in it can be read without a key from elsewhere. */
export type SealedRecord = {
  /** Wrapped; null once the claims were erased, which nothing undoes. */
  dataKey: string | null
  /** Encrypted claims by version. */
  versions: Readonly<Record<string, SealedFields>>
}

export const ERASED: SealedRecord = { dataKey: null, versions: {} }

/**
 * Adds one version; undefined where that changes nothing. The key that is there stays, because it may
 * have been wrapped anew since.
 */
export function addSealedVersion(
  record: SealedRecord | undefined,
  { version, dataKey, fields }: SealedClaims,
): SealedRecord | undefined {
  if (record?.dataKey === null || record?.versions[version]) return undefined
  return {
    dataKey: record?.dataKey ?? dataKey,
    versions: { ...record?.versions, [version]: fields },
  }
}

export function fromSealedSnapshot({ dataKey, versions }: SealedSnapshot): SealedRecord {
  if (dataKey === null) return ERASED
  return {
    dataKey,
    versions: Object.fromEntries(versions.map(({ version, fields }) => [version, fields])),
  }
}

/** Sealed claims of one version: `erased` for good, undefined as long as they have not arrived. */
export type SealedVersion = { dataKey: string; fields: Record<string, string> } | 'erased'

export function sealedVersionOf(
  record: SealedRecord | undefined,
  version: number,
): SealedVersion | undefined {
  if (record?.dataKey === null) return 'erased'
  const fields = record?.versions[version]
  return record && fields && { dataKey: record.dataKey, fields }
}
