import type { Transaction } from 'kysely'

import { type AuditTables, recordAudit } from '../audit/index.ts'
import { SecrecyHoldNotFoundError } from './holder.errors.ts'
import { endHold, lockHold, type SecrecyHold } from './secrecy-hold.repository.ts'
import type { HoldTables } from './secrecy-hold.tables.ts'

/** Ends a hold before its time; one that has ended stays as it is. docs/flows/end-secrecy-hold.md */
export async function endSecrecyHold(
  trx: Transaction<HoldTables & AuditTables>,
  id: string,
  { by, now }: { by: string; now: Date },
): Promise<SecrecyHold> {
  const hold = await lockHold(trx, id)
  if (!hold) throw new SecrecyHoldNotFoundError(id)
  if (hold.endedAt !== null || hold.until <= now) return hold
  await endHold(trx, id, now, by)
  await recordAudit(trx, { at: now, by, action: 'secrecy-hold.ended', subject: id, detail: {} })
  return { ...hold, endedAt: now, endedBy: by }
}
