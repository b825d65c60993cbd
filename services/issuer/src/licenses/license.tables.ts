import type { OutboxTables } from '@lexchange/postgres'
import type { Generated } from 'kysely'

import type { AuditTables } from '../audit/index.ts'
import type { StatusListTables } from '../status-lists/index.ts'

export interface LicenseTables extends AuditTables, OutboxTables, StatusListTables {
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
    status_list_id: string | null
    status_index: number | null
    holder_key: unknown
    /** Personal and secret claims by name, each sealed with the data key. */
    sealed: unknown
    /** Wrapped. */
    data_key: string | null
    claims_erased_at: Date | null
    /** False: from before claims were sealed, and still to be. */
    claims_sealed: boolean
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
    sealed: unknown
    /** The registry was given what is sealed. */
    sealed_announced: boolean
  }
  credential: {
    license_id: string
    version: number
    /** From 1; more than one where a key was compromised. */
    issue: number
    kid: string
    /** SD-JWT VC without its disclosures. */
    credential: string
    /** The disclosures, sealed. */
    sealed: string | null
    issued_at: Date
    superseded_at: Date | null
  }
  signing_intent: {
    id: string
    license_id: string
    version: number
    kid: string
    /** Names the command that can complete it; null: nobody can. */
    command: string | null
    request_hash: string | null
    license: unknown
    change: unknown
    draft: unknown
    /** What license and draft leave out: see sealed-intent.ts. */
    sealed: unknown
    data_key: string | null
    /** Until then somebody works on it. */
    claimed_until: Date | null
    created_at: Generated<Date>
  }
}
