export { amendLicense } from './amend-license.ts'
export { cancelLicense } from './cancel-license.ts'
export { changeRoutes } from './change.routes.ts'
export type { Decide } from './change-license.ts'
export { answerChange, answerIssue } from './command.routes.ts'
export { countCredentials } from './credential.repository.ts'
export { draftLicense, type LicenseApplication, requireGrantedType } from './draft-license.ts'
export { erasureRoutes } from './erase-claims.routes.ts'
export {
  gatherMeans,
  type IssueOrder,
  prepareIssues,
  storeIssues,
} from './issue-licenses.ts'
export { createIssueQueue } from './issue-queue.ts'
export { reached } from './issuing-steps.ts'
export { LicenseNotFoundError } from './license.errors.ts'
export { toIssuanceMessage } from './license.events.ts'
export { findLicenseOfHolder, lockDueLicenses } from './license.repository.ts'
export { type LicenseDeps, licenseRoutes } from './license.routes.ts'
export {
  IMPORT_ROW_EXAMPLE,
  type ImportRow,
  ImportRowSchema,
  IssuedAnswer,
  LicenseAnswer,
  LicenseParams,
  toApplication,
} from './license.schemas.ts'
export type { LicenseTables } from './license.tables.ts'
export { type CheckedLicense, identifierOf, publicHolder } from './license.ts'
export { markExpired } from './license-version.repository.ts'
export { listLicenses, listVersions } from './list-licenses.ts'
export { newSerial } from './new-serial.ts'
export { openCredential } from './open-credential.ts'
export { reinstateLicense } from './reinstate-license.ts'
export { reissueCredentials } from './reissue-credentials.ts'
export { renewLicense } from './renew-license.ts'
export { revokeLicense } from './revoke-license.ts'
export { sealStoredLicenses } from './seal-stored-licenses.ts'
export { type SigningDeps, signIntents } from './sign-intents.ts'
export { dropOldIntents } from './signing-intent.repository.ts'
export { startReissue } from './start-reissue.ts'
export { suspendLicense } from './suspend-license.ts'
