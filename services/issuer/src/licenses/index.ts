export { changeRoutes } from './change.routes.ts'
export { countCredentials, findCredential } from './credential.repository.ts'
export type { CredentialTerms } from './credential-draft.ts'
export { draftLicense, requireGrantedType } from './draft-license.ts'
export {
  gatherMeans,
  type IssueOrder,
  prepareIssues,
  storeIssues,
  type Tried,
} from './issue-licenses.ts'
export { LicenseExistsError, LicenseNotFoundError } from './license.errors.ts'
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
export { type CheckedLicense, identifierOf, type License, publicHolder } from './license.ts'
export { markExpired } from './license-version.repository.ts'
export { listLicenses, listVersions } from './list-licenses.ts'
export { newSerial } from './new-serial.ts'
export { type SigningDeps, signIntents } from './sign-intents.ts'
export { startReissue } from './start-reissue.ts'
