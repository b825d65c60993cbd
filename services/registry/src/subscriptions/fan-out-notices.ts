import type { Kysely } from 'kysely'

import type { LicenseMessage } from './copy-events.ts'
import { noteError } from './subscription.repository.ts'
import type { SubscriptionTables } from './subscription.tables.ts'
import type { Subscription } from './subscription.ts'

const CODE = 'outside-agreements'

/** Tells a department, once for each kind of event, that its agreements do not cover its filter any more. */
export function createFanOutNotices(db: Kysely<SubscriptionTables>, now: () => Date) {
  let told = new Map<string, string | undefined>()
  return {
    know(subscriptions: readonly Subscription[]) {
      told = new Map(
        subscriptions.map(({ id, lastError }) => [
          id,
          lastError?.code === CODE ? lastError.detail : undefined,
        ]),
      )
    },
    async withheld(events: ReadonlyMap<string, LicenseMessage>): Promise<void> {
      for (const [id, { place }] of events) {
        const detail = `Events of type ${place.type} in region ${place.region} are withheld: no agreement of the department covers them now`
        if (told.get(id) === detail) continue
        told.set(id, detail)
        await noteError(db, id, { at: now().toISOString(), code: CODE, detail })
      }
    },
  }
}
