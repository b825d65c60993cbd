import type { IdempotencyTables } from '@lexchange/postgres'
import type { Generated } from 'kysely'

import type { LicenseTables } from '../licenses/index.ts'

export type ImportState = 'receiving' | 'running' | 'done' | 'failed'

export interface ImportTables extends LicenseTables, IdempotencyTables {
  import: {
    id: string
    authority_id: string
    by_client: string
    type: string | null
    accept_legacy_uscc: boolean
    traceparent: string | null
    state: ImportState
    /** How many were received. */
    rows: Generated<number>
    imported: Generated<number>
    rejected: Generated<number>
    /** All of them; import_error keeps the first. */
    error_count: Generated<number>
    created_at: Generated<Date>
    touched_at: Generated<Date>
    /** Wrapped; what its rows are sealed with. Null before there were any, and when it is done. */
    data_key: string | null
  }
  /** What was received and not yet worked on. */
  import_row: {
    import_id: string
    row: number
    /** An issue request as JSON, sealed with the data key of the import; null where the row cannot be read. */
    content: string | null
    /** Why it cannot be read. */
    fault: string | null
  }
  import_error: {
    id: Generated<string>
    import_id: string
    row: number
    pointer: string
    detail: string
  }
}
