import type { AuthorityEntry } from '@lexchange/contracts'
import { appendToOutbox } from '@lexchange/postgres'
import type { Transaction } from 'kysely'

import { draftLicense, type LicenseApplication } from './draft-license.ts'
import { LicenseExistsError } from './license.errors.ts'
import { toIssuanceMessage } from './license.events.ts'
import { findInBeing, insertLicenses } from './license.repository.ts'
import type { LicenseTables } from './license.tables.ts'
import { isInBeing, type License } from './license.ts'
import { newSerial } from './new-serial.ts'

export type Clock = { now: () => Date; newId: () => string }

/** docs/flows/issue-license.md */
export async function issueLicense(
  trx: Transaction<LicenseTables>,
  { now, newId }: Clock,
  application: LicenseApplication,
  authority: AuthorityEntry,
  caller: { by: string; traceparent: string | undefined },
): Promise<License> {
  const at = now()
  const license = draftLicense(authority, application, {
    now: at,
    id: newId(),
    serial: newSerial(),
  })
  const [existing] = await findInBeing(trx, [license], at)
  if (existing && isInBeing(license.state, at)) throw new LicenseExistsError(license.type, existing)
  const change = { event: 'issued', at, reason: null, legalBasis: null, ...caller } as const
  await insertLicenses(trx, [license], change)
  await appendToOutbox(trx, toIssuanceMessage(license, { ...change, eventId: newId() }))
  return license
}
