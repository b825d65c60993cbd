export { rewrapDataKeys } from './rewrap-data-keys.ts'
export { startDataKeys } from './start-data-keys.ts'
