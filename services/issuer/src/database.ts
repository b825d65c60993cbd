import type { IdempotencyTables, InboxTables, OutboxTables } from '@lexchange/postgres'

import type { AuditTables } from './audit/index.ts'
import type { DirectoryTables } from './directory/index.ts'
import type { ImportTables } from './imports/index.ts'
import type { LicenseTables } from './licenses/index.ts'

export type IssuerTables = AuditTables &
  DirectoryTables &
  ImportTables &
  LicenseTables &
  IdempotencyTables &
  InboxTables &
  OutboxTables
