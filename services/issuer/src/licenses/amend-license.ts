import { type Amendment, amend } from '@lexchange/license'
import type { Transaction } from 'kysely'

import { type ChangeCommand, changeLicense } from './change-license.ts'
import type { Clock } from './issue-license.ts'
import type { LicenseTables } from './license.tables.ts'
import type { License } from './license.ts'

/** docs/flows/amend-license.md */
export function amendLicense(
  trx: Transaction<LicenseTables>,
  clock: Clock,
  command: ChangeCommand,
  amendment: Amendment,
): Promise<License> {
  return changeLicense(trx, clock, command, (current, time, licenseType) =>
    amend(licenseType, current, amendment, time),
  )
}
