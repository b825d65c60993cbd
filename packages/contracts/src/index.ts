export {
  type AccessAction,
  AccessHead,
  AccessRecord,
  AccessRow,
  accessHead,
  accessHeadSubject,
  accessRecorded,
  accessRecordedV1,
  accessSubject,
} from './access-events.ts'
export { AgreementEntry, AgreementTerms, LegalBasis, Quota } from './agreement-entry.ts'
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
  Field,
  IssuanceData,
  LicenseData,
  LicenseTypeCode,
  PublicHolder,
  Region,
  Slug,
  StoredStatus,
  Time,
} from './license-data.ts'
export { type EventMeaning, LICENSE_EVENT_MEANINGS } from './license-event-meanings.ts'
export {
  issuanceEvents,
  LICENSE_EVENTS,
  type LicenseEvent,
  licenseEventOf,
  licenseEvents,
  licenseSubject,
} from './license-events.ts'
export { LicenseSnapshot, LicenseSnapshotVersion } from './license-snapshot.ts'
export { Measure, measureOrdered, measureSubject } from './measure-events.ts'
export {
  ClaimsErased,
  claimsErased,
  claimsErasedSubject,
  ErasedClaims,
  SealedClaims,
  SealedFields,
  SealedSnapshot,
  sealedEvents,
  sealedSubject,
} from './sealed-events.ts'
