import type { KeyEncryption } from '@lexchange/encryption'
import type { createGuardedLookup } from '@lexchange/outgoing'
import type { IdempotencyTables } from '@lexchange/postgres'
import type { Kysely } from 'kysely'

import type { DeliveryStreams } from './delivery-streams.ts'
import type { SubscriptionTables } from './subscription.tables.ts'

/** What the operations of this slice need. */
export type SubscriptionDeps = {
  db: Kysely<SubscriptionTables & IdempotencyTables>
  streams: DeliveryStreams
  /** Seals the secrets of webhooks. */
  keyring: KeyEncryption
  /** Webhooks by http and to this host itself are allowed. */
  allowLocal: boolean
  lookup: ReturnType<typeof createGuardedLookup>
  /** Tells NATS which consumers there are, so that departments may pull from them. */
  permitConsumers: () => Promise<unknown>
  now: () => Date
}
