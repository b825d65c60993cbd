import type { InboxTables, OutboxTables } from '@lexchange/postgres'
import type { Generated } from 'kysely'

import type { DirectoryTables } from '../directory/index.ts'
import type { SealedTables } from '../sealed-claims/index.ts'

export interface EntryTables extends DirectoryTables, SealedTables, InboxTables, OutboxTables {
  entry: {
    id: string
    identifier: string
    type: string
    number: string
    holder: unknown
    holder_uscc: string | null
    holder_name: string | null
    authority_id: string
    authority_name: string
    region: string
    version: number
    /** Of the last event that was applied. */
    sequence: string
    status: string
    valid_from: Date
    valid_until: Date | null
    issued_at: Date
    updated_at: Date
    claims: unknown
  }
  entry_version: {
    license_id: string
    version: number
    event: string
    status: string
    valid_from: Date
    valid_until: Date | null
    effective_at: Date
    claims: unknown
    reason: string | null
    legal_basis: string | null
    by_client: string
    /** It has, or had, personal or secret claims. */
    sealed: Generated<boolean>
    recorded_at: Generated<Date>
  }
  held_event: {
    license_id: string
    sequence: string
    subject: string
    stream_sequence: string
    message: string
    held_at: Generated<Date>
  }
}
