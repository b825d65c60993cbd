import type { OutboxTables } from '@lexchange/postgres'

import type { AuditTables } from '../audit/index.ts'

export interface LicenseTables extends AuditTables, OutboxTables {
  license: {
    id: string
    /** Random part of the national identifier. */
    serial: string
    type: string
    number: string
    authority_id: string
    /** As they were when it was issued, so that its identifier never changes but in the version. */
    authority_name: string
    authority_uscc: string
    region: string
    /** The holder's code is one of the early pilot's, with a wrong check character. */
    legacy_uscc: boolean
    issued_at: Date
    updated_at: Date
    version: number
    /** Of the last event of this license. */
    sequence: number
    status: string
    valid_from: Date
    valid_until: Date | null
    effective_at: Date
    holder: unknown
    claims: unknown
    /** When its expiry was announced. */
    expired_at: Date | null
  }
  license_version: {
    license_id: string
    version: number
    event: string
    status: string
    valid_from: Date
    valid_until: Date | null
    effective_at: Date
    holder: unknown
    claims: unknown
    reason: string | null
    legal_basis: string | null
    by_client: string
    recorded_at: Date
  }
}
