import type { Kysely } from 'kysely'

import type { SubscriptionTables } from './subscription.tables.ts'
import type { Subscription } from './subscription.ts'
import { countPending } from './webhook-event.repository.ts'

/** More waiting events than the first, and a webhook is left behind until fewer than the second wait. */
const MOST = 10_000
const FEW = 2_000
/** How often they are counted, in ms. */
const INTERVAL = 5_000

/** Keeps what a dead endpoint does not take in LICENSES, which has it anyway, and out of the database. */
export function watchBacklog(db: Kysely<SubscriptionTables>, now: () => Date) {
  let waiting = new Map<string, number>()
  let looked = 0
  return {
    async look(): Promise<void> {
      if (Math.abs(now().getTime() - looked) < INTERVAL) return
      looked = now().getTime()
      waiting = await countPending(db)
    },
    takesMore({ id, behindFrom }: Subscription): boolean {
      return (waiting.get(id) ?? 0) < (behindFrom === null ? MOST : FEW)
    },
  }
}
