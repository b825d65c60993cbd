import { revoke } from '@lexchange/license'
import type { Transaction } from 'kysely'

import { type ChangeCommand, changeLicense } from './change-license.ts'
import type { Clock } from './issue-license.ts'
import type { LicenseTables } from './license.tables.ts'
import type { License } from './license.ts'

/** docs/flows/revoke-license.md */
export function revokeLicense(
  trx: Transaction<LicenseTables>,
  clock: Clock,
  command: ChangeCommand,
): Promise<License> {
  return changeLicense(trx, clock, command, revoke)
}
