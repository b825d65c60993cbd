import type { LicenseStatus } from '@lexchange/license'

/** Where the status of a license stands; given once, and never to another license. */
export type StatusEntry = { listId: string; index: number }

/** Values of the draft's section 7.1. An end of validity is in the credential, not in the list. */
const VALUE: Readonly<Record<LicenseStatus, number>> = {
  active: 0,
  revoked: 1,
  cancelled: 1,
  suspended: 2,
}

export function statusValue(status: LicenseStatus): number {
  return VALUE[status]
}

/** Bits of an entry: valid, invalid, suspended. */
export const STATUS_BITS = 2

export function statusListUri(publicUrl: string, listId: string): string {
  return `${publicUrl}/status-lists/${listId}`
}
