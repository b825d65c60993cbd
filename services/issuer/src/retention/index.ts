export { startRetention } from './drop-old-rows.ts'
