export {
  type Check,
  type CheckCode,
  type CheckName,
  type CheckResult,
  type CredentialVerdict,
  check,
  credentialVerdict,
} from './checks.ts'
export {
  CredentialError,
  type Failure,
  type FailureCode,
  type Outcome,
} from './credential.errors.ts'
export {
  type CredentialChecks,
  type CredentialQuestion,
  checkCredential,
  checkDisclosures,
  checkValidity,
} from './credential-check.ts'
export {
  type CredentialDraft,
  type CredentialInput,
  completeCredential,
  draftCredential,
  type StatusReference,
} from './credential-draft.ts'
export {
  type CredentialReading,
  readCredential,
  type UnverifiedCredential,
} from './credential-read.ts'
export type { RandomSource } from './disclosure.ts'
export { signEs256, verifyEs256 } from './es256.ts'
export type { FindKey, IssuerKey } from './issuer-signature.ts'
export type { EcPublicJwk } from './jwk.ts'
export { completeJws, type JwsDraft } from './jws.ts'
export { checkHolderBinding, createKeyBinding, type KeyBindingExpectation } from './key-binding.ts'
export type { JsonWebKeySet, PublishedJwk } from './key-set.ts'
export {
  checkIssuer,
  checkStatus,
  type OfflineAnswer,
  type OfflineQuestion,
  verifyOffline,
} from './offline.ts'
export { presentCredential } from './present-credential.ts'
export {
  draftReceipt,
  hashRequest,
  type ReceiptBody,
  type ReceiptFailureCode,
  type VerifiedReceipt,
  verifyReceipt,
} from './receipt.ts'
export {
  decodeStatusList,
  encodeStatusList,
  packStatuses,
  STATUS_INVALID,
  STATUS_SUSPENDED,
  STATUS_VALID,
  type StatusBits,
  type StatusList,
  statusAt,
} from './status-list.ts'
export {
  draftStatusListToken,
  readStatusListToken,
  requireCurrent,
  type StatusListFailureCode,
  type StatusListInput,
  type StatusListOutcome,
  type StatusListQuestion,
  type UnverifiedStatusListToken,
  type VerifiedStatusList,
  verifyStatusListToken,
} from './status-list-token.ts'
export type { Time } from './time.ts'
export {
  type Entitlement,
  findIssuer,
  findTrustedKey,
  type TrustedIssuer,
  type TrustList,
} from './trust-list.ts'
export {
  checkSignature,
  type SignatureOutcome,
  type VerifiedCredential,
} from './verified-credential.ts'
