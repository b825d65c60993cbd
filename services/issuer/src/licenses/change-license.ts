import {
  type ChangeTime,
  getLicenseType,
  type LicenseState,
  type LicenseType,
  type LicenseVersion,
} from '@lexchange/license'
import { appendToOutbox } from '@lexchange/postgres'
import type { Transaction } from 'kysely'

import type { Clock } from './issue-license.ts'
import { LicenseNotFoundError } from './license.errors.ts'
import { toIssuanceMessage } from './license.events.ts'
import { lockLicense, saveVersion } from './license.repository.ts'
import type { LicenseTables } from './license.tables.ts'
import type { License } from './license.ts'

/** What every command on a license says. */
export type ChangeCommand = {
  id: string
  authorityId: string
  by: string
  reason: string
  legalBasis: string | null
  effectiveAt: Date | undefined
  traceparent: string | undefined
  /** Throws unless the version is the one that the caller has seen. */
  requireVersion: (version: number) => void
}

type Decide = (current: LicenseState, time: ChangeTime, type: LicenseType) => LicenseVersion

/** The paragraph that all commands share; what each decides is `decide`. */
export async function changeLicense(
  trx: Transaction<LicenseTables>,
  { now, newId }: Clock,
  command: ChangeCommand,
  decide: Decide,
): Promise<License> {
  const license = await lockLicense(trx, command.id, command.authorityId)
  if (!license) throw new LicenseNotFoundError(command.id)
  command.requireVersion(license.state.version)
  const at = now()
  const time = { now: judgedAt(license, at), effectiveAt: command.effectiveAt }
  const { event, ...state } = decide(license.state, time, getLicenseType(license.type))
  const changed = { ...license, state, sequence: license.sequence + 1, updatedAt: at }
  const change = { ...command, event, at, eventId: newId() }
  await saveVersion(trx, changed, change)
  await appendToOutbox(trx, toIssuanceMessage(changed, change))
  return changed
}

/** What was announced as expired stays so, even where another replica's clock was ahead of this one. */
function judgedAt({ expiredAt, state: { validUntil } }: License, now: Date): Date {
  if (expiredAt === null || validUntil === null) return now
  return now > validUntil ? now : validUntil
}
