import { renew } from '@lexchange/license'
import type { Transaction } from 'kysely'

import { type ChangeCommand, changeLicense } from './change-license.ts'
import type { Clock } from './issue-license.ts'
import type { LicenseTables } from './license.tables.ts'
import type { License } from './license.ts'

/** docs/flows/renew-license.md */
export function renewLicense(
  trx: Transaction<LicenseTables>,
  clock: Clock,
  command: ChangeCommand,
  validUntil: Date | null,
): Promise<License> {
  return changeLicense(trx, clock, command, (current, time) => renew(current, validUntil, time))
}
