export {
  type ApiAnswer,
  type ApiCaller,
  type ClientsFile,
  callerFor,
  readClients,
} from './api-caller.ts'
export { findNatsServer } from './find-nats-server.ts'
export { subscribeToLicenses } from './license-feed.ts'
export { runTour } from './tour.ts'
export { syntheticUscc } from './tour-enterprises.ts'
export { verifyConsistency } from './verify-consistency.ts'
