export {
  type Amendment,
  amend,
  type ChangeTime,
  cancel,
  reinstate,
  renew,
  revoke,
  suspend,
} from './change-license.ts'
export {
  checkLicenseIdentifier,
  type IdentifierCheck,
  type IdentifierParts,
  identifierCheckCharacter,
  licenseIdentifier,
} from './identifier.ts'
export { type Application, issue, requireHolder } from './issue-license.ts'
export {
  ClaimsInvalidError,
  EffectiveAtBeforeLastChangeError,
  EffectiveAtInFutureError,
  HolderNotAllowedError,
  LicenseNumberInvalidError,
  LicenseNumberMismatchError,
  LicenseTypeUnknownError,
  NothingToAmendError,
  StatusConflictError,
  UsccInvalidError,
  ValidityInvalidError,
} from './license.errors.ts'
export {
  type Claims,
  type DerivedStatus,
  type EnterpriseHolder,
  type Holder,
  intervalOf,
  type LicenseEventName,
  type LicenseState,
  type LicenseStatus,
  type LicenseVersion,
  type PersonHolder,
  type StatusInterval,
  statusAt,
  statusOf,
  type Verdict,
  verdictOf,
  versionAt,
} from './license.ts'
export { isLicenseNumber, licenseNumber } from './license-number.ts'
export {
  type Classification,
  checkClaims,
  findLicenseType,
  getLicenseType,
  type LicenseType,
  licenseTypes,
  type NumberRule,
  publicClaims,
  requireClaims,
  type SealKind,
  text,
} from './license-types/index.ts'
export { mergePatch } from './merge-patch.ts'
export { claimsMatch, comparableClaim, normaliseText } from './normalise.ts'
export { COUNTRY, isRegion, regionCovers } from './region.ts'
export {
  checkUscc,
  divisionOfUscc,
  isLegacyUscc,
  organisationCodeCheckCharacter,
  type UsccCheck,
  type UsccFault,
  usccCheckCharacter,
} from './uscc.ts'
export { requireValidity } from './validity.ts'
