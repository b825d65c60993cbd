import { InsufficientScopeError } from '@lexchange/auth'
import type { Kysely } from 'kysely'

import { SubscriptionNotFoundError } from './subscription.errors.ts'
import { findSubscription } from './subscription.repository.ts'
import type { SubscriptionTables } from './subscription.tables.ts'
import type { Subscription } from './subscription.ts'

export const SCOPE = 'subscription:manage'

/** @throws InsufficientScopeError where the client is no department's */
export function departmentOf({ departmentId }: { departmentId?: string }): string {
  if (departmentId === undefined) throw new InsufficientScopeError(SCOPE)
  return departmentId
}

/** @throws SubscriptionNotFoundError also for another department's */
export async function getOwn(
  db: Kysely<SubscriptionTables>,
  client: { departmentId?: string },
  id: string,
): Promise<Subscription> {
  const found = await findSubscription(db, departmentOf(client), id)
  if (!found) throw new SubscriptionNotFoundError(id)
  return found
}
