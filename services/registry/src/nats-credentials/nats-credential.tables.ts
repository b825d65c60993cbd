import type { SubscriptionTables } from '../subscriptions/index.ts'

export interface NatsCredentialTables extends SubscriptionTables {
  nats_credential: {
    id: string
    department_id: string
    public_key: string
    issued_by: string
    created_at: Date
    expires_at: Date
    revoked_at: Date | null
    revoked_by: string | null
  }
}
