export type { RetryPolicy } from './backoff.ts'
export { runSubscriptions } from './run-subscriptions.ts'
export { subscriptionRoutes } from './subscription.routes.ts'
export type { SubscriptionTables } from './subscription.tables.ts'
