export {
  type ApiAnswer,
  type ApiCaller,
  type ClientsFile,
  callerFor,
  readClients,
} from './api-caller.ts'
export { findNatsServer } from './find-nats-server.ts'
export {
  createClaimKeys,
  createFirstDirectory,
  createReceiptKeys,
  type FirstDirectory,
  withAgreements,
} from './first-directory.ts'
export { type Local, type LocalOptions, type LocalProcesses, startLocal } from './local.ts'
export { type NatsOptions, startNats } from './nats.ts'
export { type NatsConfig, renderNatsConfig } from './nats-config.ts'
export { type PostgresOptions, type RunningPostgres, startPostgres } from './postgres.ts'
export { identifyProcess, isRunning } from './process-identity.ts'
export type { RunningProcess } from './run-process.ts'
export { spawnChild } from './spawn-child.ts'
export { runTour } from './tour.ts'
export { syntheticUscc } from './tour-enterprises.ts'
export { verifyConsistency } from './verify-consistency.ts'
