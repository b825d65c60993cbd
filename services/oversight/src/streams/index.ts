export { runStreams } from './run-streams.ts'
