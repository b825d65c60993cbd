export { type Consumption, runStreams } from './run-streams.ts'
