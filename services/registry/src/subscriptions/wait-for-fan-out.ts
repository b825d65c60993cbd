import { setTimeout as pause } from 'node:timers/promises'

import type { Kysely } from 'kysely'

import { findSubscription } from './subscription.repository.ts'
import type { SubscriptionTables } from './subscription.tables.ts'

const PATIENCE = 2_000
const LOOK = 15

/**
 * Waits until the fan-out follows the present revision of a subscription: what happens after the answer
 * is then copied, held back, signed or replayed as the answer says. Where nothing is fanned out at the
 * moment it waits in vain, and nothing is done in the old way either.
 */
export async function waitForFanOut(
  db: Kysely<SubscriptionTables>,
  departmentId: string,
  id: string,
): Promise<void> {
  const end = Date.now() + PATIENCE
  while (Date.now() < end) {
    const found = await findSubscription(db, departmentId, id)
    if (!found) return
    const { seenRevision, revision, replayPending, state } = found
    if (seenRevision >= revision && !(replayPending && state === 'active')) return
    await pause(LOOK)
  }
}
