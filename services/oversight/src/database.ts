import type { IdempotencyTables, InboxTables, OutboxTables } from '@lexchange/postgres'

import type { AccessRecordTables } from './access-records/index.ts'
import type { AuditTables } from './audit/index.ts'
import type { CalendarTables } from './calendar/index.ts'
import type { CaseTables } from './cases/index.ts'
import type { DirectoryTables } from './directory/index.ts'
import type { FindingTables } from './findings/index.ts'
import type { HoldTables } from './holders/index.ts'
import type { MeasureTables } from './measures/index.ts'

export type OversightTables = AccessRecordTables &
  AuditTables &
  CalendarTables &
  CaseTables &
  DirectoryTables &
  FindingTables &
  HoldTables &
  MeasureTables &
  IdempotencyTables &
  InboxTables &
  OutboxTables
