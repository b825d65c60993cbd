import type { SealedFields } from '@lexchange/contracts'
import type { InboxTables } from '@lexchange/postgres'
import type { Generated } from 'kysely'

import type { DirectoryTables } from '../directory/index.ts'

export interface SealedTables extends DirectoryTables, InboxTables {
  encryption_key: {
    kid: string
    public_jwk: unknown
    /** The 32 bytes of the private part, wrapped by the keyring. */
    wrapped_private_key: string
    created_at: Date
  }
  data_key: {
    license_id: string
    wrapped: string | null
    key_id: string | null
    erased_at: Date | null
    created_at: Generated<Date>
  }
  sealed_claims: {
    license_id: string
    version: number
    fields: SealedFields
  }
  search_key: { id: number; wrapped: string; created_at: Generated<Date> }
  claim_hash: { type: string; field: string; hash: string; license_id: string; version: number }
  sealed_message: { license_id: string; stream: string; sequence: string }
}
