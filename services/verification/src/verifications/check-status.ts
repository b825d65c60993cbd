import type { AccessDraft } from '@lexchange/access-records'
import type { AgreementEntry } from '@lexchange/contracts'

import type { LicenseAt } from '../projection/index.ts'
import { NO_FIELDS, type Subject, shortText, subjectOf } from './access-draft.ts'
import { type Asker, requireAgreement } from './admit-request.ts'
import { isoTime, stalenessOf } from './freshness.ts'
import { momentOf } from './moment-of.ts'
import type { StatusAnswer } from './verification.schemas.ts'
import { standingAt } from './verification.ts'
import type { VerificationDeps } from './verification-deps.ts'

export type StatusChecked = {
  answer: StatusAnswer
  /** To be recorded before the answer is given. */
  draft: AccessDraft
  agreement: AgreementEntry | undefined
}

type StatusDeps = VerificationDeps & { subjects: Subjects }

/**
 * docs/flows/check-status.md. The hot path: one small read, no waiting, no other process. Its objects are
 * written out, because to put them together by spreads costs several µs.
 */
export function checkStatus(
  deps: StatusDeps,
  client: Asker,
  type: string,
  number: string,
  asked: string | undefined,
): StatusChecked {
  const now = deps.now()
  const at = momentOf(asked, now)
  // Read before the license, so that the answer is never older than it says.
  const position = deps.projection.position(now)
  const interval = deps.projection.findStatus(type, number, at)
  const agreement = agreementFor(deps, client, { type, number, at, now })
  const { verdict, status, version, validFrom, validUntil } = standingAt(interval, at)
  const staleness = stalenessOf(deps.freshness, now, deps.staleAfterMs)
  const { license, region, holder } = interval
    ? deps.subjects(type, number, at, interval)
    : unknownSubject(type, number)
  const answer: StatusAnswer = {
    type,
    number,
    verdict,
    status,
    version,
    validFrom,
    validUntil,
    asOf: isoTime(at),
    position,
    stale: staleness.stale,
  }
  if (staleness.stale) answer.ageSeconds = staleness.ageSeconds
  const draft: AccessDraft = {
    at: isoTime(now),
    department: client.departmentId ?? null,
    client: client.clientId,
    action: 'status',
    license,
    region,
    holder,
    matched: NO_FIELDS,
    disclosed: NO_FIELDS,
    purpose: null,
    caseRef: null,
    agreement: agreement?.id ?? null,
    outcome: verdict,
    refused: false,
    receipt: false,
    verificationId: null,
  }
  return { answer, draft, agreement }
}

function unknownSubject(type: string, number: string): Subject {
  return { license: { type, number: shortText(number, 64), id: null }, region: null, holder: null }
}

/** What persons hold is nobody's business without an agreement; of enterprises the register is public. */
function agreementFor(
  { projection, directory, findLicenseType }: StatusDeps,
  client: Asker,
  { type, number, at, now }: { type: string; number: string; at: number; now: number },
): AgreementEntry | undefined {
  if (!findLicenseType(type)?.holders.includes('person')) return undefined
  const region = projection.findLicense(type, number, at)?.license.region
  return requireAgreement(directory, client, { type, region, now })
}

type Interval = NonNullable<ReturnType<VerificationDeps['projection']['findStatus']>>

export type Subjects = (type: string, number: string, at: number, interval: Interval) => Subject

const KEPT_SUBJECTS = 10_000

/**
 * Finds id, region and holder for the record. They stand in the whole license, which costs more to read
 * than its status: what is asked about again and again is kept for as long as its version answers.
 */
export function createSubjects(
  projection: Pick<VerificationDeps['projection'], 'findLicense'>,
): Subjects {
  const kept = new Map<string, { interval: Interval; subject: Subject }>()
  return (type, number, at, interval) => {
    const key = `${type}\0${number}`
    const known = kept.get(key)
    if (known && isSame(known.interval, interval)) return known.subject
    const found: LicenseAt | undefined = projection.findLicense(type, number, at)
    const subject = found ? subjectOf(found) : unknownSubject(type, number)
    if (kept.size >= KEPT_SUBJECTS) kept.delete(kept.keys().next().value ?? '')
    kept.set(key, { interval, subject })
    return subject
  }
}

function isSame(a: Interval, b: Interval): boolean {
  return a.version === b.version && a.effectiveAt === b.effectiveAt && a.validFrom === b.validFrom
}
