import { reinstate } from '@lexchange/license'
import type { Transaction } from 'kysely'

import { type ChangeCommand, changeLicense } from './change-license.ts'
import type { Clock } from './issue-license.ts'
import type { LicenseTables } from './license.tables.ts'
import type { License } from './license.ts'

/** docs/flows/reinstate-license.md */
export function reinstateLicense(
  trx: Transaction<LicenseTables>,
  clock: Clock,
  command: ChangeCommand,
): Promise<License> {
  return changeLicense(trx, clock, command, reinstate)
}
