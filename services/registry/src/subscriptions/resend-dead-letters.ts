import type { Transaction } from 'kysely'

import { recordAudit } from '../audit/index.ts'
import type { Act } from '../directory/index.ts'
import { reviveDeadLetters } from './dead-letter.repository.ts'
import { DeliveryMismatchError, SubscriptionNotFoundError } from './subscription.errors.ts'
import { lockSubscription, updateSubscription } from './subscription.repository.ts'
import type { SubscriptionTables } from './subscription.tables.ts'

/** docs/flows/resend-dead-letters.md @throws SubscriptionNotFoundError, DeliveryMismatchError */
export async function resendDeadLetters(
  trx: Transaction<SubscriptionTables>,
  departmentId: string,
  id: string,
  positions: readonly number[] | undefined,
  act: Act,
): Promise<number> {
  const present = await lockSubscription(trx, departmentId, id)
  if (!present) throw new SubscriptionNotFoundError(id)
  if (present.kind !== 'webhook') throw new DeliveryMismatchError(present.kind, 'webhook')
  const resent = await reviveDeadLetters(trx, id, positions)
  // The revision tells whoever sends that its queue has changed.
  const { revision } = present
  await updateSubscription(trx, { ...present, revision: revision + 1, updatedAt: act.now })
  const action = 'subscription.dead-letters-resent'
  await recordAudit(trx, { at: act.now, action, subject: id, by: act.by, detail: { resent } })
  return resent
}
