export type { Freshness } from './freshness.ts'
export { verificationRoutes } from './verification.routes.ts'
