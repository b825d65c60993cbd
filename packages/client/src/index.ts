export {
  type Check,
  type KeyBindingExpectation,
  type OfflineAnswer,
  type OfflineQuestion,
  presentCredential,
  type TrustList,
  verifyOffline,
  verifyReceipt,
} from '@lexchange/credentials'
export type {
  JetStreamDelivery,
  License,
  LicenseEvent,
  LicenseVersion,
  SearchFilter,
  StatusAnswer,
  SubscriptionAnswer,
  VerificationAnswer,
  VerificationRequest,
  VerifiedItem,
} from './answers.ts'
export {
  type ApiRequest,
  type CallOptions,
  type CheckOptions,
  createClient,
  type LexchangeClient,
} from './client.ts'
export { type ClientOptions, fromFile, type Services } from './client-options.ts'
export type { Offline, OfflineCheckOptions, OfflineOptions } from './offline.ts'
export {
  AnswerError,
  type InputError,
  type KnownProblemCode,
  type Problem,
  ProblemError,
  TokenError,
  UnreachableError,
} from './problem.errors.ts'
export type { SubscribeOptions, Subscription } from './subscribe.ts'
export { SubscriptionError } from './subscription.errors.ts'
export type { VerifyManyOptions } from './verify-many.ts'
