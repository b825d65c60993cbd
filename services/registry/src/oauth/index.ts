export { keyPolicyOf } from './key-policy.ts'
export { oauthRoutes } from './oauth.routes.ts'
export type { OAuthTables } from './oauth.tables.ts'
export { watchSigningKeys } from './watch-signing-keys.ts'
