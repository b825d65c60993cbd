import type { Generated } from 'kysely'

import type { DirectoryTables } from '../directory/index.ts'
import type { DeliveryKind, LastError, SealedSecret, SubscriptionFilter } from './subscription.ts'

export interface SubscriptionTables extends DirectoryTables {
  subscription: {
    id: string
    department_id: string
    filter: SubscriptionFilter
    kind: DeliveryKind
    url: string | null
    secrets: SealedSecret[]
    state: 'active' | 'paused'
    last_error: LastError | null
    revision: number
    seen_revision: Generated<number>
    generation: Generated<number>
    behind_from: string | null
    replay_pending: Generated<boolean>
    published_sequence: Generated<string>
    sent_sequence: Generated<string>
    created_at: Date
    updated_at: Date
  }
  fan_out: {
    only_row: Generated<boolean>
    stream_created: string
    position: string
  }
  webhook_event: {
    id: Generated<string>
    subscription_id: string
    position: string
    event_id: string
    event_type: string
    license_id: string
    message: string
    attempts: Generated<number>
    first_attempt_at: Date | null
    next_attempt_at: Date | null
    failure: string | null
    dead_at: Date | null
  }
}
