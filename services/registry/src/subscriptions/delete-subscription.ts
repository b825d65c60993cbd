import type { Transaction } from 'kysely'

import { recordAudit } from '../audit/index.ts'
import type { Act } from '../directory/index.ts'
import { SubscriptionNotFoundError } from './subscription.errors.ts'
import { deleteSubscription as deleteRow, lockSubscription } from './subscription.repository.ts'
import type { SubscriptionTables } from './subscription.tables.ts'

/** docs/flows/delete-subscription.md @throws SubscriptionNotFoundError */
export async function deleteSubscription(
  trx: Transaction<SubscriptionTables>,
  departmentId: string,
  id: string,
  requireRevision: (revision: number) => void,
  act: Act,
): Promise<void> {
  const present = await lockSubscription(trx, departmentId, id)
  if (!present) throw new SubscriptionNotFoundError(id)
  requireRevision(present.revision)
  await deleteRow(trx, id)
  const detail = { departmentId, kind: present.kind }
  const audit = { at: act.now, action: 'subscription.deleted', subject: id, by: act.by, detail }
  await recordAudit(trx, audit)
}
