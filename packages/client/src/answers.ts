import type { components } from './generated/events.ts'
import type { operations as Issuer } from './generated/issuer.ts'
import type { operations as Registry } from './generated/registry.ts'
import type { operations as Verification } from './generated/verification.ts'
import type { Problem } from './problem.errors.ts'

type Answer<Operation> = Operation extends {
  responses: { 200: { content: { 'application/json': infer Body } } }
}
  ? Body
  : never
type Body<Operation> = Operation extends {
  requestBody: { content: { 'application/json': infer Content } }
}
  ? Content
  : never
type Query<Operation> = Operation extends { parameters: { query?: infer Parameters } }
  ? NonNullable<Parameters>
  : never

/** What a license is worth. `verdict` is what counts. */
export type StatusAnswer = Answer<Verification['checkStatus']>
export type VerificationRequest = Body<Verification['verifyLicense']>
export type VerificationAnswer = Answer<Verification['verifyLicense']>
/** One item of `verifyMany`: its answer, or why this one was refused. */
export type VerifiedItem = { readonly request: VerificationRequest } & (
  | { readonly answer: VerificationAnswer; readonly problem?: never }
  | { readonly problem: Problem; readonly answer?: never }
)
export type License = Answer<Registry['searchLicenses']>['items'][number]
export type LicenseVersion = Answer<Registry['getLicenseHistory']>['items'][number]
export type SearchFilter = Omit<Query<Registry['searchLicenses']>, 'cursor'>
export type Readiness = Answer<Verification['getReadiness']>
export type ImportJob = Answer<Issuer['getImport']>
/** A change of a license: CloudEvents 1.0. Ignore members and types that you do not know. */
export type LicenseEvent = components['schemas'][keyof components['schemas']]

/** A subscription as the registry answers it. */
export type SubscriptionAnswer = {
  readonly id: string
  readonly departmentId: string
  readonly filter: {
    readonly types?: readonly string[]
    readonly regions?: readonly string[]
    readonly events?: readonly string[]
  }
  readonly delivery: { readonly kind: string } & Partial<JetStreamDelivery>
  readonly state: 'active' | 'paused' | 'failing'
  readonly position: number | null
  readonly lag: number
  readonly lastError: string | null
  readonly createdAt: string
}

/** Where the events of a subscription lie, when its delivery is `jetstream`. */
export type JetStreamDelivery = {
  readonly servers: readonly string[] | string
  readonly stream: string
  /** Name of the durable consumer. */
  readonly consumer: string
  readonly inboxPrefix: string
}
