import type { Generated } from 'kysely'

import type { DirectoryTables } from '../directory/index.ts'

export interface AccessRecordTables extends DirectoryTables {
  access_anchor: {
    /** In the order in which the registry received them. */
    id: Generated<string>
    source: string
    sequence: string
    hash: string
    at: Date
    received_at: Generated<Date>
  }
}
