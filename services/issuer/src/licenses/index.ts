export { changeRoutes } from './change.routes.ts'
export { draftLicense, requireGrantedType } from './draft-license.ts'
export { LicenseExistsError } from './license.errors.ts'
export { toIssuanceMessage } from './license.events.ts'
export { findInBeing, insertLicenses, lockDueLicenses, markExpired } from './license.repository.ts'
export { licenseRoutes } from './license.routes.ts'
export {
  IMPORT_ROW_EXAMPLE,
  type ImportRow,
  ImportRowSchema,
  toApplication,
} from './license.schemas.ts'
export type { LicenseTables } from './license.tables.ts'
export { identifierOf, isInBeing, type License, publicHolder } from './license.ts'
export { listLicenses, listVersions } from './list-licenses.ts'
export { newSerial } from './new-serial.ts'
