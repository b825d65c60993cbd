export { changeRoutes } from './change.routes.ts'
export { countCredentials } from './credential.repository.ts'
export { draftLicense, requireGrantedType } from './draft-license.ts'
export { erasureRoutes } from './erase-claims.routes.ts'
export {
  gatherMeans,
  type IssueOrder,
  prepareIssues,
  storeIssues,
} from './issue-licenses.ts'
export { reached } from './issuing-steps.ts'
export { LicenseNotFoundError } from './license.errors.ts'
export { toIssuanceMessage } from './license.events.ts'
export { findLicenseOfHolder, lockDueLicenses } from './license.repository.ts'
export { licenseRoutes } from './license.routes.ts'
export {
  IMPORT_ROW_EXAMPLE,
  type ImportRow,
  ImportRowSchema,
  toApplication,
} from './license.schemas.ts'
export type { LicenseTables } from './license.tables.ts'
export { type CheckedLicense, identifierOf, publicHolder } from './license.ts'
export { markExpired } from './license-version.repository.ts'
export { listLicenses, listVersions } from './list-licenses.ts'
export { newSerial } from './new-serial.ts'
export { openCredential } from './open-credential.ts'
export { reissueCredentials } from './reissue-credentials.ts'
export { sealStoredLicenses } from './seal-stored-licenses.ts'
export { type SigningDeps, signIntents } from './sign-intents.ts'
export { dropOldIntents } from './signing-intent.repository.ts'
export { startReissue } from './start-reissue.ts'
