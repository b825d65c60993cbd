import type { Transaction } from 'kysely'

import { recordAudit } from '../audit/index.ts'
import type { Act } from '../directory/index.ts'
import { checkFilter } from './check-filter.ts'
import { SubscriptionNotFoundError } from './subscription.errors.ts'
import { lockSubscription, updateSubscription } from './subscription.repository.ts'
import type { SubscriptionTables } from './subscription.tables.ts'
import type { Subscription, SubscriptionFilter } from './subscription.ts'
import { retryNow } from './webhook-event.repository.ts'

export type SubscriptionChange = {
  state?: 'active' | 'paused' | undefined
  filter?: SubscriptionFilter | undefined
}

/**
 * docs/flows/update-subscription.md
 * @throws SubscriptionNotFoundError, SubscriptionInvalidError, SubscriptionTooWideError
 */
export async function changeSubscription(
  trx: Transaction<SubscriptionTables>,
  departmentId: string,
  id: string,
  { state, filter }: SubscriptionChange,
  requireRevision: (revision: number) => void,
  act: Act,
): Promise<Subscription> {
  const present = await lockSubscription(trx, departmentId, id)
  if (!present) throw new SubscriptionNotFoundError(id)
  requireRevision(present.revision)
  if (filter) await checkFilter(trx, departmentId, filter, act.now)
  const changed: Subscription = {
    ...present,
    state: state ?? present.state,
    filter: filter ?? present.filter,
    // Whoever resumes has read the notice.
    lastError: state === 'active' ? null : present.lastError,
    revision: present.revision + 1,
    updatedAt: act.now,
  }
  await updateSubscription(trx, changed)
  if (state === 'active' && present.kind === 'webhook') await retryNow(trx, id)
  const detail = { state, filter }
  const audit = { at: act.now, action: 'subscription.changed', subject: id, by: act.by, detail }
  await recordAudit(trx, audit)
  return changed
}
