export { createConnection, createDatabase, type DatabaseOptions } from './create-database.ts'
export { DatabaseUnavailableError, isDatabaseUnavailable } from './database-unavailable.ts'
export {
  CREATE_INBOX,
  CREATE_PARKED_EVENT,
  CREATE_PARKED_EVENT_ONCE,
  claimMessage,
  type InboxTables,
  type ParkedEvent,
  parkEvent,
} from './inbox.ts'
export { migrate } from './migrate.ts'
export {
  appendToOutbox,
  CREATE_OUTBOX,
  CREATE_OUTBOX_CREATED,
  CREATE_OUTBOX_PENDING,
  OUTBOX_CHANNEL,
  type OutboxMessage,
  type OutboxTables,
} from './outbox.ts'
export {
  type ClaimedCommand,
  type CommandKey,
  CREATE_IDEMPOTENCY_KEY,
  CREATE_IDEMPOTENCY_KEY_CREATED,
  claimCommand,
  claimCommands,
  dropOldAnswers,
  hashCommand,
  IdempotencyKeyReusedError,
  type IdempotencyTables,
  keepAnswers,
  nameOf as nameOfCommand,
  type Once,
  RequestInProgressError,
  runOnce,
} from './run-once.ts'
