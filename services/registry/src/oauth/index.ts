export { oauthRoutes } from './oauth.routes.ts'
export type { OAuthTables } from './oauth.tables.ts'
export type { KeyPolicy } from './rotate-signing-key.ts'
export { type SigningKeys, watchSigningKeys } from './watch-signing-keys.ts'
