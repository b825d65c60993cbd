export { runPrimary } from './primary.ts'
export { runWorker } from './worker.ts'
