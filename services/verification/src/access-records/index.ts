export type { AccessLog, AccessLogOptions } from './access-log.ts'
export { openAccessLog } from './open-access-log.ts'
export { accessSource, replicaId } from './replica-id.ts'
export { type AccessRelay, startAccessRelay } from './start-access-relay.ts'
