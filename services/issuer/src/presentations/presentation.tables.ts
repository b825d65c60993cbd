import type { LicenseTables } from '../licenses/index.ts'

export interface PresentationTables extends LicenseTables {
  presentation: {
    /** SHA-256 of the reference: what the table holds opens nothing. */
    reference_hash: string
    license_id: string
    /** Names of the sensitive claims that the holder shows. */
    disclose: unknown
    by_client: string
    created_at: Date
    expires_at: Date
    exchanged_at: Date | null
    exchanged_by: string | null
  }
}
