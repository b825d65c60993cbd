export { followAccount } from './follow-account.ts'
export { natsCredentialRoutes } from './nats-credential.routes.ts'
export type { NatsCredentialTables } from './nats-credential.tables.ts'
