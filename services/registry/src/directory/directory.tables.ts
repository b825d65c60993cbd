import type { DirectoryKind } from '@lexchange/contracts'
import type { OutboxTables } from '@lexchange/postgres'

import type { AuditTables } from '../audit/index.ts'

export interface DirectoryTables extends AuditTables, OutboxTables {
  directory_entry: {
    kind: DirectoryKind
    id: string
    revision: number
    /** The entry as DIRECTORY carries it, without its revision. */
    data: unknown
    /** JWK of a client. */
    public_key: unknown
    created_at: Date
    updated_at: Date
  }
}
