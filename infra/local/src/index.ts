export { findNatsServer } from './find-nats-server.ts'
