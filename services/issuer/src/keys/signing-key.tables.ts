import type { OutboxTables } from '@lexchange/postgres'

import type { AuditTables } from '../audit/index.ts'

export interface SigningKeyTables extends AuditTables, OutboxTables {
  signing_key: {
    kid: string
    authority_id: string
    /** Null until the key provider has made it. */
    public_jwk: unknown
    created_at: Date
    /** From when it signs; it is published before. It signs until the next one does. */
    signs_from: Date
    /** Nothing that it signed from then on is trusted. */
    compromised_since: Date | null
  }
}
