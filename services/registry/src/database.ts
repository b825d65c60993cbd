import type { IdempotencyTables, InboxTables, OutboxTables } from '@lexchange/postgres'

import type { AuditTables } from './audit/index.ts'
import type { DirectoryTables } from './directory/index.ts'
import type { EntryTables } from './entries/index.ts'
import type { OAuthTables } from './oauth/index.ts'

export type RegistryTables = AuditTables &
  DirectoryTables &
  EntryTables &
  OAuthTables &
  IdempotencyTables &
  InboxTables &
  OutboxTables
