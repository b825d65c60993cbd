export {
  AuthorityEntry,
  AuthorityKeys,
  AuthorityKeysEntry,
  authorityKeysEvent,
  authorityKeysSubject,
  ClientEntry,
  DepartmentEntry,
  type DirectoryKind,
  directoryEvents,
  directoryKindOf,
  directorySubject,
  Entitlement,
  KeyEntry,
} from './directory-events.ts'
export { type CloudEvent, defineEvent, type EventContract, type EventOf } from './event.ts'
export {
  IssuanceData,
  LicenseData,
  LicenseTypeCode,
  PublicHolder,
  Region,
  StoredStatus,
  Time,
} from './license-data.ts'
export {
  issuanceEvents,
  LICENSE_EVENTS,
  type LicenseEvent,
  licenseEventOf,
  licenseEvents,
  licenseSubject,
} from './license-events.ts'
export { LicenseSnapshot, LicenseSnapshotVersion } from './license-snapshot.ts'
