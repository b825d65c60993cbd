export { holderRoutes } from './holder.routes.ts'
export { secrecyHoldRoutes } from './secrecy-hold.routes.ts'
export type { HoldTables } from './secrecy-hold.tables.ts'
