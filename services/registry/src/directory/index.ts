export { directoryRoutes } from './all-kinds.routes.ts'
export { changeEntry } from './change-entry.ts'
export { completeDirectory } from './complete-directory.ts'
export {
  DirectoryEntryExistsError,
  DirectoryEntryInvalidError,
  DirectoryEntryNotFoundError,
} from './directory.errors.ts'
export { findEntry, listEntries } from './directory.repository.ts'
export { actOf } from './directory.routes.ts'
export type { DirectoryTables } from './directory.tables.ts'
export { entitlementsOf } from './entitlement.ts'
export { ALL_SCOPES, type EntryData, SCOPES } from './entry.ts'
export { findOAuthClient, type OAuthClient } from './find-oauth-client.ts'
export { onAuthorityKeys } from './on-authority-keys.ts'
export { publishEntry } from './publish-entry.ts'
export type { Act } from './register-entry.ts'
export { seedDirectory } from './seed-directory.ts'
export { watchSuspensions } from './watch-suspensions.ts'
