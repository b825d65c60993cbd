import type { AccessDraft } from '@lexchange/access-records'
import type { AccessAction } from '@lexchange/contracts'

import type { LicenseAt } from '../projection/index.ts'
import type { Admitted, Asker } from './admit-request.ts'
import { isoTime } from './freshness.ts'
import type { VerificationAnswer } from './verification.schemas.ts'

/** Which license, as far as it is known. */
export type Subject = Pick<AccessDraft, 'license' | 'region' | 'holder'>

type Asked = Pick<AccessDraft, 'matched' | 'disclosed' | 'purpose' | 'caseRef'>

export const NO_FIELDS: string[] = []

export function subjectOf({ license }: LicenseAt): Subject {
  const { type, number, licenseId, region, holder } = license
  return {
    license: { type, number, id: licenseId },
    region,
    holder: holder.kind === 'enterprise' ? holder.uscc : null,
  }
}

/** What was asked and was not found, or not looked for; a client may send anything as a type or number. */
function subjectAsked(license: unknown): Subject {
  const { type, number, id } = (license ?? {}) as Record<string, unknown>
  return {
    license: { type: shortText(type, 64), number: shortText(number, 64), id: shortText(id, 64) },
    region: null,
    holder: null,
  }
}

/** The record of an answer to POST /v1/verifications, or to one item of a batch. */
export function answeredDraft(
  { request, client, agreement, found, presented, now }: Admitted,
  answer: VerificationAnswer,
  action: AccessAction,
): AccessDraft {
  const known = found ?? (presented?.ofIssuer ? presented.found : undefined)
  const { license, region, holder } = known
    ? subjectOf(known)
    : subjectAsked(presentedLicense(presented) ?? request.license)
  const { matched, purpose, caseRef } = askedOf(request)
  // Written out, like that of checkStatus.
  return {
    id: answer.verificationId,
    at: isoTime(now),
    department: client.departmentId ?? null,
    client: client.clientId,
    action,
    license,
    region,
    holder,
    matched,
    // What was asked for and not there was not disclosed.
    disclosed: Object.keys(answer.disclosed ?? {}),
    purpose,
    caseRef,
    agreement: agreement.id,
    outcome: answer.verdict,
    refused: false,
    receipt: answer.receipt !== undefined,
    verificationId: answer.verificationId,
  }
}

function presentedLicense(presented: Admitted['presented']) {
  const signed = presented?.credential?.signed
  return signed && { type: signed.type, number: signed.number, id: signed.licenseId }
}

export type Refused = { client: Asker; now: number; action: AccessAction; code: string }

/** The record of what was refused; `request` may be anything, because it may be refused for its form. */
export function refusedDraft(
  { client, now, action, code }: Refused,
  request: unknown,
  known: LicenseAt | undefined,
  agreement: unknown,
): AccessDraft {
  const asked = (request ?? {}) as Record<string, unknown>
  return {
    ...by(client, now),
    action,
    ...(known ? subjectOf(known) : subjectAsked(asked.license)),
    ...askedOf(asked),
    agreement: typeof agreement === 'string' ? agreement : null,
    outcome: code,
    refused: true,
    receipt: false,
    verificationId: null,
  }
}

function by({ clientId, departmentId }: Asker, now: number) {
  return { at: isoTime(now), client: clientId, department: departmentId ?? null }
}

const FIELD = /^[A-Za-z][A-Za-z0-9]{0,63}$/

function askedOf({ match, disclose, purpose, caseRef }: Record<string, unknown>): Asked {
  const matched = typeof match === 'object' && match ? Object.keys(match) : NO_FIELDS
  const disclosed = Array.isArray(disclose) ? disclose : NO_FIELDS
  return {
    matched: fieldsOf(matched, 32),
    disclosed: fieldsOf(disclosed, 64),
    purpose: shortText(purpose, 64),
    caseRef: shortText(caseRef, 128),
  }
}

function fieldsOf(names: readonly unknown[], most: number): string[] {
  return names
    .slice(0, most)
    .filter((name) => typeof name === 'string' && FIELD.test(name)) as string[]
}

const PLAIN = /^[\x20-\x7e]*$/

/** Text that a database takes: without control characters and halves of surrogate pairs. */
export function shortText(value: unknown, most: number): string | null {
  if (typeof value !== 'string' || value === '') return null
  if (value.length <= most && PLAIN.test(value)) return value
  return value
    .slice(0, most)
    .replace(/\p{Cc}/gu, '\ufffd')
    .toWellFormed()
}
