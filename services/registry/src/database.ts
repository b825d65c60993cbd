import type { IdempotencyTables, InboxTables, OutboxTables } from '@lexchange/postgres'

import type { AccessRecordTables } from './access-records/index.ts'
import type { AgreementTables } from './agreements/index.ts'
import type { AuditTables } from './audit/index.ts'
import type { DirectoryTables } from './directory/index.ts'
import type { EntryTables } from './entries/index.ts'
import type { NatsCredentialTables } from './nats-credentials/index.ts'
import type { OAuthTables } from './oauth/index.ts'
import type { SubscriptionTables } from './subscriptions/index.ts'

export type RegistryTables = AccessRecordTables &
  AgreementTables &
  AuditTables &
  DirectoryTables &
  EntryTables &
  OAuthTables &
  SubscriptionTables &
  NatsCredentialTables &
  IdempotencyTables &
  InboxTables &
  OutboxTables
