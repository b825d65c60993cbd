import type { IdempotencyTables, InboxTables, OutboxTables } from '@lexchange/postgres'

import type { AuditTables } from './audit/index.ts'
import type { DirectoryTables } from './directory/index.ts'
import type { ImportTables } from './imports/index.ts'
import type { SigningKeyTables } from './keys/index.ts'
import type { LicenseTables } from './licenses/index.ts'
import type { PresentationTables } from './presentations/index.ts'

export type IssuerTables = AuditTables &
  DirectoryTables &
  ImportTables &
  LicenseTables &
  PresentationTables &
  SigningKeyTables &
  IdempotencyTables &
  InboxTables &
  OutboxTables
